import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { verifyChain } from '../journal-chain.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { projectEntries } from '../projection.ts';
import type { ProjectedEntry } from '../projection.ts';
import { agentsWith, hostWith } from './crash-program.ts';
import type { OpenCrashSite } from './crash-site.ts';

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

/** `site` is the module of the engine under test: see `OpenCrashSite`. */
export async function runUndisturbed(site: URL): Promise<Undisturbed> {
  return inDirectory(async (directory) => {
    const { said, errors } = await work([site.href, directory, 'start']);
    if (said?.status !== 'success') throw new Error(`The undisturbed run ended with ${JSON.stringify(said)}. ${errors}`);
    return { projection: projectEntries(await readJournal(site, directory)), effects: said.before, commits: said.commit };
  });
}

/** Kills a run at that point and lets that many processes resume it at once. Gives what is wrong; empty when nothing is. */
export async function runTrial(site: URL, point: KillPoint, resumers: number, undisturbed: Undisturbed): Promise<readonly string[]> {
  return inDirectory(async (directory) => {
    const [effects, writers] = [join(directory, 'effects'), join(directory, 'writers')];
    const killed = await work([site.href, directory, 'start', `${point.place}:${point.count}`]);
    if (killed.signal !== 'SIGKILL') return [`was not killed: ${JSON.stringify(killed)}`];
    const before = await readJournal(site, directory);
    const done = linesOf(effects).length;
    const written = linesOf(writers).length;
    const finished = new Set(before.filter((entry) => entry.kind !== 'begin').map((entry) => entry.key));
    const ended = before.at(-1)?.kind === 'run';

    const resumed = await Promise.all(Array.from({ length: resumers }, () => work([site.href, directory, 'resume'])));
    const problems = resumed.filter(({ said }) => said?.status !== 'success').map((process) => `a resumer ended with ${JSON.stringify(process)}`);
    if (!ended && undisturbed.commits > 0 && linesOf(writers).length === written) problems.push('nobody went on');
    problems.push(...findOverlaps(linesOf(writers)));

    const after = await readJournal(site, directory);
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
  readonly status: string;
  readonly before: number;
  readonly commit: number;
}

function work(args: readonly string[]): Promise<{ readonly signal: string | null; readonly said: Said | undefined; readonly errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...workerArguments(), ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, killSignal: 'SIGTERM' });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
    child.on('error', reject);
    child.on('close', (_code, signal) => resolve({ signal, said: output === '' ? undefined : JSON.parse(output) as Said, errors: errors.slice(0, 2_000) }));
  });
}

/** From source, inside this repository, or as published. */
function workerArguments(): readonly string[] {
  if (import.meta.url.endsWith('.ts')) return ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', fileURLToPath(new URL('crash-worker.ts', import.meta.url))];
  return ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('conformance/crash-worker.js', import.meta.url))];
}

async function inDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'fw-crash-'));
  try {
    return await run(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** By an engine of this process that only looks. */
async function readJournal(site: URL, directory: string): Promise<readonly JournalEntry[]> {
  const effect = (): never => { throw new Error('This process only looks.'); };
  const open = (await import(/* @vite-ignore */ site.href) as { readonly default: OpenCrashSite }).default;
  const { engine, close } = await open({ directory, agents: agentsWith(effect), host: () => hostWith(effect), onCommit: () => {}, onRelease: () => {} });
  try {
    const entries: JournalEntry[] = [];
    for await (const entry of (await engine.watch('r')).events()) entries.push(entry as JournalEntry);
    return entries;
  } finally {
    await close();
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
