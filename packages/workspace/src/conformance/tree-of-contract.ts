import { chmod, mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands in a repository for a large file that is kept elsewhere. */
export const pointer: string = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 12345\n`;

/** What the base of the suite's tree holds. */
export const filesOfContract: readonly string[] = ['.gitattributes', '.gitignore', 'big.bin', 'dangling', 'dos.txt', 'größe – 大.txt', 'image.bin', 'link.js', 'run.sh', 'src/sum.js'];

/** The folder that a workspace of the suite is made of. */
export async function treeOfContract(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'workspace contract ü ')));
  await mkdir(join(directory, 'src'));
  await mkdir(join(directory, 'node_modules/dep'), { recursive: true });
  await mkdir(join(directory, 'empty'));
  const files: { readonly [file: string]: string | Buffer } = {
    'src/sum.js': 'export const sum = (a, b) => a + b;\n',
    'größe – 大.txt': 'one\ntwo\nthree\n',
    'image.bin': Buffer.from([0, 255, 1, 254, 13, 10]),
    'dos.txt': 'a\r\nb\r\n',
    'run.sh': '#!/bin/sh\necho ran\n',
    '.gitignore': 'dist/\n',
    '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n*.txt text eol=crlf\n',
    'big.bin': pointer,
    '.env': 'SECRET=canary',
    'node_modules/dep/index.js': 'module.exports = "dep"\n',
  };
  for (const [file, content] of Object.entries(files)) await writeFile(join(directory, file), content);
  await chmod(join(directory, 'run.sh'), 0o755);
  await symlink('src/sum.js', join(directory, 'link.js'));
  await symlink('nowhere', join(directory, 'dangling'));
  return directory;
}
