import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { reviewSchema } from '@fw/agent-reviewer';
import type { Review } from '@fw/agent-reviewer';
import { parseTask } from '@fw/agents-core';
import type { Json } from '@fw/agents-core';
import { noUsage } from '@fw/models';
import type { RunHandle, WorkflowEngine } from '@fw/workflow';
import { createWorkspace } from '@fw/workspace';
import type { Config } from './config.ts';
import type { FrameworkOptions } from './create-framework.ts';
import { FrameworkError } from './framework-error.ts';
import type { ReviewOptions, ReviewResult, Run, RunResult } from './framework.ts';
import { defaultRevision } from './judge-folder.ts';
import { reviewWorkflow } from './review-workflow.ts';
import type { RunBook } from './run-book.ts';
import { newRunId, requireRunId } from './run-id.ts';
import { readRunInput, toJson } from './run-input.ts';
import type { RunInput } from './run-input.ts';
import { withoutUndefined } from './without-undefined.ts';

export interface ReviewParts {
  readonly options: FrameworkOptions;
  readonly book: RunBook;
  readonly engine: WorkflowEngine;
  /** What it takes to ask a model; looked for only when something changed. @throws where no model can be had. */
  readonly asking: () => { readonly config: Config; readonly fingerprint: Json; readonly isSimulated: boolean };
  readonly follow: (handle: RunHandle, resumed: boolean) => Run;
}

/** Reviews what changed in a folder, as a run of its own small workflow on a copy. */
export async function reviewFolder(reviewing: ReviewOptions, parts: ReviewParts): Promise<ReviewResult> {
  const id = requireRunId(reviewing.id ?? newRunId());
  const { book, engine, asking } = parts;
  reviewing.signal?.throwIfAborted();
  const record = await book.find(id);
  if (record !== undefined) {
    const input = readRunInput(record.input);
    if (input.review === undefined) throw new FrameworkError('FW_RUN_EXISTS', { message: `Run "${id}" is no review. Choose another id.` });
    const handle = await engine.attach(id, record.result === undefined ? { fingerprint: asking().fingerprint } : {});
    return toResult(await parts.follow(handle, true).result(), input);
  }
  const found = await look(id, reviewing, parts);
  const { review } = found;
  const leave = (): Promise<void> => rm(book.folderOf(id), { recursive: true, force: true });
  if (review.files === 0) {
    await leave();
    return { status: 'unchanged', run: null, base: review.base, files: 0, sandbox: null, review: null, usage: noUsage, simulated: false };
  }
  const { config, fingerprint, isSimulated } = await Promise.resolve().then(asking).catch(async (error: unknown) => {
    await leave();
    throw error;
  });
  const input: RunInput = { ...found, config, simulated: isSimulated };
  const handle = await engine.start({ id, definition: reviewWorkflow, input: toJson(input), fingerprint });
  return toResult(await parts.follow(handle, false).result(), input);
}

/** Takes the copy, and looks at what changed in it. */
async function look(id: string, { directory, base }: ReviewOptions, { options, book }: ReviewParts): Promise<Omit<RunInput, 'config' | 'simulated'> & { readonly review: NonNullable<RunInput['review']> }> {
  const folder = path.resolve(directory);
  const revision = base ?? (await defaultRevision(folder));
  if (revision === undefined) throw new FrameworkError('FW_REVIEW_BASE', { message: `"${folder}" has no commit to compare with, and a review looks at what changed since one. Commit what was there before (git init, git add -A, git commit), or name a revision: --base <revision>.` });
  const sandbox = options.sandbox ?? 'required';
  await mkdir(book.folderOf(id), { recursive: true, mode: 0o711 });
  try {
    const workspace = await createWorkspace({ directory: folder, storage: book.storageOf(id), sandbox, revision, ...withoutUndefined(options.config.workspace ?? {}) });
    const tree = await workspace.snapshot();
    const { length: files } = await workspace.changes(workspace.base, tree);
    await workspace.close();
    const task = parseTask({ specVersion: 1, id, goal: `Review what changed since ${revision}.`, workspace: { kind: 'directory', at: folder } });
    return { task, workspace: folder, sandbox, contained: workspace.sandbox, review: { tree, base: revision, files } };
  } catch (error) {
    await rm(book.folderOf(id), { recursive: true, force: true });
    throw error;
  }
}

function toResult(result: RunResult, { review: about, contained }: RunInput): ReviewResult {
  const { status, run, usage, simulated, code, message } = result;
  const content = result.artifacts.findLast((artifact) => artifact.kind === 'review')?.content;
  const review: Review | null = status === 'success' ? reviewSchema.parse(content) : null;
  return {
    status: status === 'success' ? 'reviewed' : status, run, base: about?.base ?? '', files: about?.files ?? 0, sandbox: contained, review, usage, simulated,
    ...(code !== undefined && { code }), ...(message !== undefined && { message }),
  };
}
