import type { Git } from './git.ts';

interface Asked {
  readonly tree: string;
  readonly file: string;
  readonly resolve: (content: Buffer | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const mostAtOnce = 64;

/** Reads files of trees, undefined for what is no file there. Those that are asked for at once come from one process of git. */
export function createBlobReader(git: Git): (tree: string, file: string) => Promise<Buffer | undefined> {
  let waiting: Asked[] = [];

  async function readOne({ tree, file }: Asked): Promise<Buffer | undefined> {
    const answer = await git(['cat-file', 'blob', `${tree}:${file}`], { accept: [1, 128] });
    return answer.exitCode === 0 ? answer.stdout : undefined;
  }

  async function readAll(asked: readonly Asked[]): Promise<void> {
    let contents: readonly (Buffer | undefined)[] | undefined;
    if (asked.length > 1) contents = await readTogether(git, asked).catch(() => undefined);
    // Together they may be too large, or one of them damaged.
    for (const [index, one] of asked.entries()) {
      if (contents === undefined) await readOne(one).then(one.resolve, one.reject);
      else one.resolve(contents[index]);
    }
  }

  function flush(): void {
    const asked = waiting;
    waiting = [];
    const [plain, odd] = [asked.filter(({ file }) => !file.includes('\n')), asked.filter(({ file }) => file.includes('\n'))];
    for (let at = 0; at < plain.length; at += mostAtOnce) void readAll(plain.slice(at, at + mostAtOnce));
    // A name with a line break cannot be asked for in a line.
    for (const one of odd) void readAll([one]);
  }

  return (tree, file) => new Promise((resolve, reject) => {
    if (waiting.push({ tree, file, resolve, reject }) === 1) setImmediate(flush);
  });
}

async function readTogether(git: Git, asked: readonly Asked[]): Promise<readonly (Buffer | undefined)[]> {
  const { stdout } = await git(['cat-file', '--batch'], { input: asked.map(({ tree, file }) => `${tree}:${file}\n`).join('') });
  let at = 0;
  return asked.map(() => {
    const lineEnd = stdout.indexOf('\n', at);
    if (lineEnd === -1) throw new Error('git answered less than it was asked');
    // What is not there is repeated with a word behind it; a repeated name has a colon.
    const [, type, size] = /^[0-9a-f]{40} (\w+) (\d+)$/.exec(stdout.toString('utf8', at, lineEnd)) ?? [];
    at = lineEnd + 1;
    if (size === undefined) return undefined;
    const content = stdout.subarray(at, at + Number(size));
    at += Number(size) + 1;
    return type === 'blob' ? content : undefined;
  });
}
