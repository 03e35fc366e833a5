import type { Json } from '@fw/agents-core';
import { defineWorkflow } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { AttachOptions, Migrate } from './engine.ts';
import { fingerprintOf, refuseChange } from './fingerprint.ts';
import { EntryChain, verifyChain } from './journal-chain.ts';
import type { Claim, JournalStore, RunRecord } from './journal-store.ts';
import { shrinkOutput } from './large-output.ts';
import { plainJson } from './plain-json.ts';
import type { RunState } from './run-state.ts';
import { migrateEntryHead, segmentsOf, stateOf } from './segments.ts';
import type { Migrated } from './segments.ts';
import { WorkflowError } from './workflow-error.ts';

export interface Migration {
  readonly definition: WorkflowDefinition;
  readonly fingerprint: string;
  readonly migrate: Migrate;
}

/**
 * How a run that exists goes on as asked: undefined on what it has.
 * @throws WorkflowError `FW_WORKFLOW_CHANGED`, `FW_WORKFLOW_ILLEGAL`.
 */
export async function findMigration(store: JournalStore, record: RunRecord, { definition: given, fingerprint: wanted, changed = 'refuse' }: AttachOptions): Promise<Migration | undefined> {
  if (given === undefined && wanted === undefined) return undefined;
  const definition = given ? defineWorkflow(given) : record.definition;
  const fingerprint = fingerprintOf(definition, wanted);
  if (fingerprint === record.fingerprint) return undefined;
  const before = (await segmentsOf(record, await store.read(record.id), store.blobs)).at(-1)!;
  if (fingerprint === before.fingerprint || changed === 'pinned') return undefined;
  if (changed === 'refuse') refuseChange(record.id, before, { definition, fingerprint });
  if (record.result !== undefined) throw new WorkflowError('FW_WORKFLOW_CHANGED', { message: `Run "${record.id}" has ended; there is nothing to migrate.` });
  return { definition, fingerprint, migrate: changed };
}

/** Journals that a claimed run goes on with another definition. What was under way is given up; nothing finished is lost. */
export async function migrateRun(store: JournalStore, claim: Claim, { definition, fingerprint, migrate }: Migration, { clock, redact }: { readonly clock: () => number; readonly redact: (value: Json) => Json }): Promise<Claim> {
  const { entries, record, token } = claim;
  const { id } = record;
  if (entries.at(-1)?.kind === 'run') return claim;
  verifyChain(entries);
  const segments = await segmentsOf(record, entries, store.blobs);
  const segment = segments.at(-1)!;
  const settled = new Set(segment.entries.filter((entry) => entry.kind !== 'begin').map((entry) => entry.key));
  const open = segment.entries.filter((entry) => entry.kind === 'begin' && !settled.has(entry.key));
  const wanted = await migrate({
    id, definition: segment.definition, fingerprint: segment.fingerprint, input: segment.input, state: await stateOf(segment, store.blobs),
    uncertain: open.filter((entry) => entry.effect === 'once').map((entry) => entry.key),
  });
  const state = plainJson(wanted?.state) as unknown as RunState | undefined;
  const input = wanted?.input === undefined ? segment.input : plainJson(wanted.input);
  if (!state || typeof state.state !== 'string' || !Object.hasOwn(definition.states, state.state) || input === undefined) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The migration of run "${id}" gave ${JSON.stringify(state?.state) ?? 'no state'}, which is not a state of "${definition.name}": ${Object.keys(definition.states).join(', ')}.` });
  }
  for (const question of record.questions) await store.withdraw(id, token, question);
  for (const { key } of open) if ((await store.get(key))?.parent === id) await store.cancel(key, 'The run that waits for it was migrated.', clock());
  const migrated: Migrated = { definition, fingerprint, input: redact(input), state };
  const entry = new EntryChain(id, entries).next({
    ...migrateEntryHead(id, entries, segments.length), at: clock(), output: await shrinkOutput(migrated as unknown as Json, store.blobs),
  });
  await store.append(id, token, entry);
  return { ...claim, entries: [...entries, entry] };
}
