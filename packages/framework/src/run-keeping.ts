import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Json } from '@fw/agents-core';
import { exportRun, importRun } from '@fw/workflow';
import type { JournalStore, RunBundle } from '@fw/workflow';
import { packWorkspace, unpackWorkspace } from '@fw/workspace';
import { loadZod, withZod } from '@fw/agents-core/with-zod';
import { reachOf } from './config-reach.ts';
import { parseConfig } from './config.ts';
import type { Engines } from './engines.ts';
import { checkDecision } from './feedback/decision-schema.ts';
import { pruneEvaluations } from './evaluation/evaluation-book.ts';
import { FrameworkError } from './framework-error.ts';
import type { ImportOptions, Pruned, PruneOptions, RunArchive } from './framework.ts';
import { removeFolder } from './remove-folder.ts';
import type { RunBook } from './run-book.ts';
import { requireRunId } from './run-id.ts';

export interface Kept {
  readonly home: string;
  readonly book: RunBook;
  readonly store: JournalStore;
  readonly engines: Engines;
}

/** A whole run, files included, as plain JSON. */
export async function archiveRun(id: string, { book, store }: Kept): Promise<RunArchive> {
  await book.require(id);
  const run = await exportRun(store, id);
  const trees = run.entries.flatMap((entry) => (entry.tree === undefined ? [] : [entry.tree]));
  const { base, found, pack } = await packWorkspace({ storage: book.storageOf(id), trees });
  return { version: 1, kind: 'fw-run', run: run as unknown as Json, files: { base, found, pack: Buffer.from(pack).toString('base64') } };
}

const archiveSchema = withZod((z) => z.strictObject({
  version: z.literal(1), kind: z.literal('fw-run'), run: z.json(), files: z.strictObject({ base: z.string(), found: z.string(), pack: z.base64() }),
}));

/** Takes in what `archiveRun` gave, from whomever; nothing of it runs. */
export async function unarchiveRun(archive: unknown, { trust = false }: ImportOptions, { book, store }: Kept): Promise<string> {
  const parsed = archiveSchema.safeParse(archive);
  if (!parsed.success) throw new FrameworkError('FW_ARCHIVE_INVALID', { message: `This is no run that "fw export" wrote: ${loadZod().prettifyError(parsed.error).slice(0, 500)}` });
  const { run, files } = parsed.data;
  const bundle = run as unknown as RunBundle;
  const id = requireRunId(String((bundle as Partial<RunBundle>).run?.id));
  if (await book.exists(id)) throw new FrameworkError('FW_RUN_EXISTS', { message: `There is a run "${id}" already. Remove it first: fw rm ${id}.` });
  const { config, sandbox, feedback } = (bundle.run.input ?? {}) as { readonly config?: unknown; readonly sandbox?: unknown; readonly feedback?: unknown };
  checkDecision(feedback);
  const reach = reachOf(parseConfig(config ?? {}, `the config of run "${id}"`)) ?? (sandbox === 'required' ? undefined : 'lets its commands run without a sandbox');
  if (reach !== undefined && !trust) throw new FrameworkError('FW_CONFIG_UNTRUSTED', { message: `Run "${id}" ${reach} when it is continued, and is not trusted. Read its config in the file, and import it with --trust if that is what you want.` });
  try {
    await unpackWorkspace({ storage: book.storageOf(id), packed: { ...files, pack: Buffer.from(files.pack, 'base64') } });
    await importRun(store, bundle);
  } catch (error) {
    if (!(await book.exists(id))) await rm(book.folderOf(id), { recursive: true, force: true });
    throw error;
  }
  return id;
}

/** @throws FrameworkError `FW_RUN_NOT_ENDED` for a run that could go on. */
export async function removeRun(id: string, { book, store }: Kept): Promise<void> {
  const { status } = await book.require(id);
  if (status === 'running' || status === 'waiting') throw new FrameworkError('FW_RUN_NOT_ENDED', { message: `Run "${id}" has not ended. Stop it first: fw stop ${id}.` });
  await store.remove([id]);
  await rm(book.folderOf(id), { recursive: true, force: true });
}

const dayMs = 24 * 60 * 60 * 1_000;

/** Removes ended runs with their files, evaluations as old, and what no run needs: folders of runs that are gone, and of judgements that broke off. */
export async function pruneRuns({ olderThanMs, keep = 0 }: PruneOptions, { home, book, engines }: Kept): Promise<Pruned> {
  const { runs, blobs, bytes } = await (await engines.of('local')).prune({ olderThanMs, keep });
  let freed = bytes;
  for (const name of await readdir(path.join(home, 'runs')).catch(() => [])) {
    const folder = path.join(home, 'runs', name);
    if (!(await book.exists(decodeURIComponent(name))) && (await isOld(folder, runs.includes(decodeURIComponent(name)) ? 0 : dayMs))) freed += await removeFolder(folder);
  }
  for (const name of await readdir(path.join(home, 'judge')).catch(() => [])) {
    if (await isOld(path.join(home, 'judge', name), dayMs)) freed += await removeFolder(path.join(home, 'judge', name));
  }
  return { runs, blobs, bytes: freed + await pruneEvaluations(home, olderThanMs) };
}

async function isOld(folder: string, ageMs: number): Promise<boolean> {
  const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Infinity }));
  return ageMs === 0 || Date.now() - mtimeMs > ageMs;
}
