import { loadZod } from '@fw/agents-core/with-zod';
import type { TaskWorkspace } from '@fw/agents-core';
import { clip } from './clip.ts';
import { findingSchema, toFindingsResults } from './findings-results.ts';
import type { FindingsResults } from './findings-results.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import type { Validator } from './validator.ts';

export interface MeasureFindingsOptions {
  readonly workspace: TaskWorkspace;
  readonly validator: Validator;
  readonly base: string;
  readonly head: string;
  /** `secrets` for the validator of this package; `findings` (default) for a plugin's, which can only lower a verdict. */
  readonly kind?: 'secrets' | 'findings';
  readonly signal?: AbortSignal;
}

/** Runs a validator. One that throws, or gives something else than findings, is inconclusive. */
export async function measureFindings(options: MeasureFindingsOptions): Promise<Measurement> {
  const { validator, base, head, kind = 'findings', signal } = options;
  const startedAt = Date.now();
  const results = await runValidator(options);
  signal?.throwIfAborted();
  return toMeasurement({ kind, tree: head, startedAt, results: { ...results, base, validator: validator.name }, sandbox: 'none: it ran in this process' });
}

async function runValidator({ workspace, validator, base, head, signal }: MeasureFindingsOptions): Promise<FindingsResults> {
  const inconclusive = (reason: string): FindingsResults => ({ status: 'inconclusive', validator: validator.name, reason: clip(reason, 2_000) });
  let given: unknown;
  try {
    given = await validator.validate({ workspace, base, head, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    return inconclusive(`the validator threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  const z = loadZod();
  const parsed = z.array(findingSchema).safeParse(given);
  if (!parsed.success) return inconclusive(`the validator gave something else than findings: ${z.prettifyError(parsed.error)}`);
  return toFindingsResults(validator.name, parsed.data);
}
