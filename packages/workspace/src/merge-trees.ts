import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MergeConflict, MergeHunk, MergeResult } from '@fw/agents-core';
import { decodeText } from './decode-text.ts';
import type { Git } from './git.ts';
import { WorkspaceError } from './workspace-error.ts';

/** One version of a file that git could not merge: 1 the base, 2 ours, 3 theirs. */
interface Version {
  readonly mode: string;
  readonly object: string;
  readonly stage: '1' | '2' | '3';
  readonly file: string;
}

interface Message {
  readonly files: readonly string[];
  readonly type: string;
  readonly text: string;
}

/**
 * Joins two changes of one base. Only objects are written, so nothing is half done when it is killed. Renames are
 * followed, and edits of a renamed file go with it. Throws FW_WORKSPACE_GIT with a git older than 2.38.
 */
export async function mergeTrees(
  git: Git,
  trees: { readonly base: string; readonly ours: string; readonly theirs: string },
  temporary: string,
): Promise<MergeResult> {
  const base = await commit(git, trees.base, []);
  const [ours, theirs] = [await commit(git, trees.ours, [base]), await commit(git, trees.theirs, [base])];
  const settings = ['merge.directoryRenames=false', 'merge.renames=true', 'merge.renameLimit=20000', 'merge.conflictStyle=merge'];
  const answer = await git([...settings.flatMap((setting) => ['-c', setting]), 'merge-tree', '-z', '--write-tree', ours, theirs], { accept: [1, 129] });
  if (answer.exitCode === 129) throw new WorkspaceError('FW_WORKSPACE_GIT', { message: 'Branches are merged by git 2.38 or newer; this one is older. Install a newer git, or name it with the option `git`.' });
  const fields = answer.stdout.toString('utf8').split('\0');
  if (answer.exitCode === 0) return { status: 'merged', tree: fields[0] as string };
  const end = fields.indexOf('', 1);
  const versions = fields.slice(1, end).map(readVersion);
  const messages = readMessages(fields.slice(end + 1)).filter(({ type }) => type.startsWith('CONFLICT'));
  return { status: 'conflicted', conflicts: await Promise.all(group(versions, messages).map((found) => describe(git, found, temporary))) };
}

/** Without a date or a name: equal trees give equal commits. */
async function commit(git: Git, tree: string, parents: readonly string[]): Promise<string> {
  const person = 'fw <fw> 0 +0000';
  const text = [`tree ${tree}`, ...parents.map((parent) => `parent ${parent}`), `author ${person}`, `committer ${person}`, '', ''].join('\n');
  return (await git(['hash-object', '-t', 'commit', '-w', '--stdin'], { input: text })).stdout.toString('utf8').trim();
}

function readVersion(field: string): Version {
  const [mode, object, stage] = field.slice(0, field.indexOf('\t')).split(' ') as [string, string, Version['stage']];
  return { mode, object, stage, file: field.slice(field.indexOf('\t') + 1) };
}

function readMessages(fields: readonly string[]): readonly Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + 3 < fields.length; ) {
    const count = Number(fields[at]);
    messages.push({ files: fields.slice(at + 1, at + 1 + count), type: fields[at + 1 + count] as string, text: (fields[at + 2 + count] as string).trim() });
    at += count + 3;
  }
  return messages;
}

interface Group {
  readonly versions: readonly Version[];
  readonly messages: readonly Message[];
}

/** Versions and messages that share a path belong together. */
function group(versions: readonly Version[], messages: readonly Message[]): readonly Group[] {
  const open = new Map<string, { files: Set<string>; messages: Message[] }>();
  const join = (files: readonly string[], message: readonly Message[]): void => {
    const joined = { files: new Set(files), messages: [...message] };
    for (const before of new Set(files.flatMap((file) => open.get(file) ?? []))) {
      for (const file of before.files) joined.files.add(file);
      joined.messages.unshift(...before.messages);
    }
    for (const file of joined.files) open.set(file, joined);
  };
  for (const message of messages) join(message.files, [message]);
  for (const { file } of versions) join([file], []);
  return [...new Set(open.values())].map(({ files, messages: own }) => ({ versions: versions.filter(({ file }) => files.has(file)), messages: own }));
}

async function describe(git: Git, { versions, messages }: Group, temporary: string): Promise<MergeConflict> {
  const files = [...new Set([...versions.map(({ file }) => file), ...messages.flatMap((message) => message.files)])].sort();
  const type = typeOf(versions, messages);
  const hasLines = type === 'both-edited' || type === 'both-added' || type === 'rename';
  return {
    type,
    files,
    message: messages.map(({ text }) => text).join('\n') || `${files.join(', ')}: the changes do not agree (${type}).`,
    hunks: hasLines ? await hunksOf(git, versions, temporary) : [],
  };
}

function typeOf(versions: readonly Version[], messages: readonly Message[]): MergeConflict['type'] {
  const says = (pattern: RegExp): boolean => messages.some(({ type }) => pattern.test(type));
  if (says(/file\/directory/)) return 'file-folder';
  if (says(/rename/)) return 'rename';
  if (says(/distinct modes/)) return 'mode';
  if (says(/binary/)) return 'binary';
  const [base, ours, theirs] = (['1', '2', '3'] as const).map((stage) => versions.find((version) => version.stage === stage));
  if (ours === undefined || theirs === undefined) return 'deleted-and-edited';
  if (ours.mode !== theirs.mode && (ours.object === theirs.object || ours.mode === '120000' || theirs.mode === '120000')) return 'mode';
  return base === undefined ? 'both-added' : 'both-edited';
}

const maxCharacters = 1_000_000;
const markerSize = 101;

/** The places in which a file differs, from the three versions that git could not merge. */
async function hunksOf(git: Git, versions: readonly Version[], temporary: string): Promise<readonly MergeHunk[]> {
  const [base, ours, theirs] = (['1', '2', '3'] as const).map((stage) => versions.filter((version) => version.stage === stage && version.mode.startsWith('100')));
  // More than one of a kind: several files are in it, and which belong together is what is not known.
  if (ours?.length !== 1 || theirs?.length !== 1 || (base?.length ?? 0) > 1) return [];
  const texts = await Promise.all([ours[0], base?.[0], theirs[0]].map(async (version) => (version === undefined ? '' : decodeText((await git(['cat-file', 'blob', version.object])).stdout))));
  if (texts.some((text) => text === undefined || text.length > maxCharacters)) return [];
  const folder = join(temporary, randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const names = ['ours', 'base', 'theirs'].map((name) => join(folder, name));
    await Promise.all(names.map((name, index) => writeFile(name, texts[index] as string)));
    // Its exit code is the number of conflicts, up to 127.
    const counts = Array.from({ length: 127 }, (_, index) => index + 1);
    const { stdout } = await git(['merge-file', '-p', '--diff3', `--marker-size=${markerSize}`, ...names], { accept: counts });
    return readHunks(stdout.toString('utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readHunks(merged: string): readonly MergeHunk[] {
  const hunks: MergeHunk[] = [];
  let open: { line: number; part: 'base' | 'ours' | 'theirs'; base: string; ours: string; theirs: string } | undefined;
  let line = 1;
  for (const text of merged.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (text.startsWith('<'.repeat(markerSize))) open = { line, part: 'ours', base: '', ours: '', theirs: '' };
    else if (open !== undefined && text.startsWith('|'.repeat(markerSize))) open.part = 'base';
    else if (open !== undefined && text.startsWith('='.repeat(markerSize))) open.part = 'theirs';
    else if (open !== undefined && text.startsWith('>'.repeat(markerSize))) {
      hunks.push({ line: open.line, base: open.base, ours: open.ours, theirs: open.theirs });
      open = undefined;
    } else {
      if (open !== undefined) open[open.part] += text;
      if (open === undefined || open.part === 'ours') line += 1;
    }
  }
  return hunks;
}
