import type { Git } from './git.ts';
import { isContent, splitNames } from './list-tree.ts';
import { isSecretFile } from './secret-files.ts';
import type { UserRepository } from './user-repository.ts';
import { WorkspaceError } from './workspace-error.ts';

/** A file of a revision as git has it. */
export interface RevisionFile {
  readonly mode: string;
  readonly object: string;
  readonly bytes: number;
  readonly file: string;
}

/**
 * What a revision of the user's repository has below the folder, relative to it. Submodules, `node_modules` and names
 * that are not UTF-8 are left out. Throws FW_WORKSPACE_REVISION.
 */
export async function readRevision(ask: UserRepository, revision: string, directory: string): Promise<readonly RevisionFile[]> {
  const format = await ask(['rev-parse', '--show-object-format']);
  if (format.exitCode !== 0) throw refused(revision, directory, 'The folder lies in no git repository', 'Leave the revision out to compare with the tree as found.');
  if (format.stdout.toString('utf8').trim() !== 'sha1') throw refused(revision, directory, 'The repository does not name its objects by SHA-1');
  const named = revision !== '' && !revision.startsWith('-') && !/[\0\r\n]/.test(revision);
  const tree = named ? await ask(['rev-parse', '--verify', '--quiet', `${revision}^{tree}`]) : undefined;
  if (tree?.exitCode !== 0) {
    const shallow = (await ask(['rev-parse', '--is-shallow-repository'])).stdout.toString('utf8').trim() === 'true';
    const advice = shallow ? 'The clone is shallow: fetch more of its history (git fetch --unshallow).' : 'Name a commit, branch or tag that it has.';
    throw refused(revision, directory, 'The repository has no such revision', advice);
  }
  // Below the current folder only, and with paths relative to it.
  const listed = await ask(['ls-tree', '-r', '-z', '-l', tree.stdout.toString('utf8').trim()]);
  if (listed.exitCode !== 0) throw incomplete(revision, directory, listed.stderr);
  return splitNames(listed.stdout).flatMap((entry) => {
    const [mode, type, object, bytes] = entry.slice(0, entry.indexOf('\t')).split(/ +/) as [string, string, string, string];
    const file = entry.slice(entry.indexOf('\t') + 1);
    return type === 'blob' && isContent(file) ? [{ mode, object, bytes: Number(bytes), file }] : [];
  });
}

/**
 * Stores files of a revision as a tree of our own; objects that we do not have are copied, so that the user's
 * repository is not needed any more. Secret files are left out unless `include` lists them. `git` has an index of its
 * own for this.
 */
export async function storeRevision(
  git: Git,
  ask: UserRepository,
  found: readonly RevisionFile[],
  options: { readonly include: readonly string[]; readonly revision: string; readonly directory: string },
): Promise<string> {
  const add = (files: readonly RevisionFile[]): Promise<unknown> =>
    git(['update-index', '-z', '--index-info'], { input: files.map(({ mode, object, file }) => `${mode} ${object}\t${file}\0`).join('') });
  const secrets = found.filter(({ file }) => isSecretFile(file));
  let included: readonly string[] = [];
  if (secrets.length > 0 && options.include.length > 0) {
    await git(['read-tree', '--empty']);
    await add(secrets);
    const patterns = options.include.map((pattern) => `:(top,glob)${pattern}`);
    included = splitNames((await git(['ls-files', '-z', '--cached', '--', ...patterns])).stdout);
  }
  const files = found.filter(({ file }) => !isSecretFile(file) || included.includes(file));
  await copyObjects(git, ask, files, options);
  await git(['read-tree', '--empty']);
  await add(files);
  return (await git(['write-tree'])).stdout.toString('utf8').trim();
}

async function copyObjects(
  git: Git,
  ask: UserRepository,
  files: readonly RevisionFile[],
  options: { readonly revision: string; readonly directory: string },
): Promise<void> {
  const objects = [...new Set(files.map(({ object }) => object))];
  const { stdout } = await git(['cat-file', '--batch-check=%(objectname)'], { input: objects.map((object) => `${object}\n`).join('') });
  const missing = [...stdout.toString('utf8').matchAll(/^([0-9a-f]{40}) missing$/gm)].map(([, object]) => `${object as string}\n`);
  if (missing.length === 0) return;
  const pack = await ask(['pack-objects', '--stdout', '-q', '--window=0'], missing.join(''));
  if (pack.exitCode !== 0) throw incomplete(options.revision, options.directory, pack.stderr);
  await git(['index-pack', '--stdin'], { input: pack.stdout });
}

function incomplete(revision: string, directory: string, stderr: string): WorkspaceError {
  return refused(revision, directory, `The repository does not have all of its files (${stderr.trim().slice(-300)})`, 'Fetch them, and repair it if it is damaged (git fsck).');
}

function refused(revision: string, directory: string, reason: string, advice = ''): WorkspaceError {
  return new WorkspaceError('FW_WORKSPACE_REVISION', {
    message: `The revision ${JSON.stringify(revision)} of "${directory}" cannot be the base. ${reason}. ${advice}`.trim(),
  });
}
