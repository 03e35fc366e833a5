import type { Json } from '@fw/agents-core';
import type { WorkflowDefinition } from './definition.ts';
import type { Migrate } from './engine.ts';
import { EntryChain, verifyChain } from './journal-chain.ts';
import type { Claim, JournalStore } from './journal-store.ts';
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
