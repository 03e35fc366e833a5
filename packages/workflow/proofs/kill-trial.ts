import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { projectEntries, verifyChain } from '@fw/workflow';
import type { JournalEntry, ProjectedEntry } from '@fw/workflow';
import { sqliteStore } from '@fw/workflow/sqlite';

/** Where the first process dies: at the n-th effect, before or after it, or after the n-th commit. */
export interface KillPoint {
  readonly place: 'before' | 'after' | 'commit';
  readonly count: number;
}

export interface Undisturbed {
  readonly projection: readonly ProjectedEntry[];
  readonly effects: number;
  readonly commits: number;
}

export async function runUndisturbed(): Promise<Undisturbed> {
  return inDirectory(async ({ journal, effects, writers }) => {
    const { said } = await work([journal, effects, writers, 'start']);
    if (said?.status !== 'success') throw new Error(`The undisturbed run ended with ${JSON.stringify(said)}.`);
    return { projection: projectEntries(await readJournal(journal)), effects: said.before, commits: said.commit };
  });
}

/** Kills a run at that point and lets that many processes resume it at once. Gives what is wrong; empty when nothing is. */
export async function runTrial(point: KillPoint, resumers: number, undisturbed: Undisturbed): Promise<readonly string[]> {
  return inDirectory(async ({ journal, effects, writers }) => {
    const killed = await work([journal, effects, writers, 'start', `${point.place}:${point.count}`]);
    if (killed.signal !== 'SIGKILL') return [`was not killed: ${JSON.stringify(killed)}`];
    const before = await readJournal(journal);
    const done = linesOf(effects).length;
    const finished = new Set(before.filter((entry) => entry.kind !== 'begin').map((entry) => entry.key));
    const ended = before.at(-1)?.kind === 'run';

    const resumed = await Promise.all(Array.from({ length: resumers }, () => work([journal, effects, writers, 'resume'])));
    const problems = resumed.filter(({ said }) => said?.status !== 'success').map((process) => `a resumer ended with ${JSON.stringify(process)}`);
    if (!ended && !resumed.some(({ said }) => (said?.appended ?? 0) > 0)) problems.push('nobody went on');
    problems.push(...findOverlaps(linesOf(writers)));

    const after = await readJournal(journal);
    verifyChain(after);
    const lines = linesOf(effects);
    const repeated = lines.slice(done).map(keyOf).filter((key) => finished.has(key));
    if (repeated.length > 0) problems.push(`finished steps ran again: ${repeated.join(', ')}`);
    for (const [key, times] of Map.groupBy(lines, keyOf)) if (times.length > 2) problems.push(`${key} took effect ${times.length} times`);
    if (!isDeepStrictEqual(projectEntries(after), undisturbed.projection)) problems.push(`another projection: ${firstDifference(projectEntries(after), undisturbed.projection)}`);
    return problems;
  });
}

interface Said {
  readonly attached: string;
  readonly appended: number;
  readonly status: string;
  readonly before: number;
  readonly commit: number;
}

function work(args: readonly string[]): Promise<{ readonly signal: string | null; readonly said: Said | undefined; readonly errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@fw/source', fileURLToPath(new URL('kill-worker.ts', import.meta.url)), ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, killSignal: 'SIGTERM' });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
    child.on('error', reject);
    child.on('close', (_code, signal) => resolve({ signal, said: output === '' ? undefined : JSON.parse(output) as Said, errors: errors.slice(0, 2_000) }));
  });
}

async function inDirectory<T>(run: (files: { readonly journal: string; readonly effects: string; readonly writers: string }) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'fw-kill-'));
  try {
    return await run({ journal: join(directory, 'journal.db'), effects: join(directory, 'effects'), writers: join(directory, 'writers') });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function readJournal(journal: string): Promise<readonly JournalEntry[]> {
  const store = sqliteStore(journal);
  try {
    return await store.read('r');
  } finally {
    await store.close();
  }
}

const linesOf = (file: string): readonly string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);
const keyOf = (line: string): string => line.split(' ')[0]!;

/** One process at a time writes: another one only after that was killed or let go. The killed one is the first. */
function findOverlaps(lines: readonly string[]): readonly string[] {
  const killed = lines[0]?.split(' ')[0];
  return lines.flatMap((line, index) => {
    const [pid] = line.split(' ');
    const [before, ...did] = lines[index - 1]?.split(' ') ?? [];
    return before === undefined || before === pid || before === killed || did.join(' ') === 'let go' ? [] : [`process ${pid} wrote while ${before} had the run`];
  });
}

function firstDifference(left: readonly ProjectedEntry[], right: readonly ProjectedEntry[]): string {
  const index = left.findIndex((entry, at) => !isDeepStrictEqual(entry, right[at]));
  return `${JSON.stringify(left[index])} instead of ${JSON.stringify(right[index])} (${left.length} of ${right.length})`;
}
