import { hash } from 'node:crypto';
import type { AgentContext, GuardrailRefusal, ToolCall, ToolExchange } from '@fw/agents-core';
import type { AddedTest, TouchedTest } from './change.ts';
import { foreseeEdit } from './foreseen-edits.ts';
import { hasBlock, testBlock } from './test-block.ts';
import { findTestRuns, readTestRun } from './test-runs.ts';
import type { RunTest } from './test-runs.ts';

/** What is known of the tests that this change adds, from the results of run_tests and the files alone. */
export interface TestsFirst {
  /** Takes in what was answered since. Before the end the frozen files are looked at too: a command may have changed them. */
  look(context: AgentContext, exchanges: readonly ToolExchange[], isEnding: boolean): Promise<void>;
  /** Why an edit may not be made: it would change a test that was seen red by its assertion. */
  refuse(call: ToolCall, context: AgentContext): Promise<GuardrailRefusal | undefined>;
  /** As they were in the newest runs, each with how it was seen red. */
  added(): readonly AddedTest[];
  /** Frozen tests that are not as they were, or do not run any more. */
  changed(): readonly FrozenTest[];
  /** Existing tests that check less than on the base, by the newest run of all. */
  touched(): readonly TouchedTest[];
}

interface FrozenTest {
  readonly id: string;
  readonly file: string;
  /** Its lines, or the whole file where they cannot be told. */
  readonly block: string;
}

export function createTestsFirst(): TestsFirst {
  const frozen = new Map<string, FrozenTest>();
  const red = new Map<string, AddedTest['red']>();
  let [seen, newest, broken]: [number, readonly RunTest[], readonly FrozenTest[]] = [0, [], []];
  let [isWhole, touched]: [boolean, readonly TouchedTest[]] = [false, []];

  const take = async (context: AgentContext, exchange: ToolExchange): Promise<void> => {
    const run = readTestRun(exchange);
    if (run === undefined) return;
    newest = run.isWhole ? run.added : [...newest.filter(({ file }) => run.added.every((test) => test.file !== file)), ...run.added];
    isWhole = run.isWhole && run.isComplete;
    if (run.isWhole) touched = run.touched;
    const texts = readerOf(context);
    for (const { id, file, failure } of run.added) {
      if (failure === undefined) continue;
      if (failure === 'assertion') {
        const text = await texts(file);
        // What was changed in the same turn is not what was red.
        if (text === undefined || hash('sha256', text) !== run.hashes[file]) continue;
        if (!frozen.has(id)) frozen.set(id, { id, file, block: testBlock(text, nameOf(id)) });
      }
      if (red.get(id) !== 'assertion') red.set(id, failure);
      // A file that cannot be loaded fails as a whole.
      if (failure === 'missing' || failure === 'syntax') red.set(file, failure);
    }
  };

  return {
    async look(context, exchanges, isEnding) {
      const runs = findTestRuns(exchanges.slice(seen));
      seen = exchanges.length;
      for (const run of runs) await take(context, run);
      if (!isEnding) return;
      const texts = readerOf(context);
      const lost: FrozenTest[] = [];
      for (const test of frozen.values()) if (!keeps(await texts(test.file), test) || (isWhole && isOff(test.id, newest))) lost.push(test);
      broken = lost;
    },
    async refuse(call, context) {
      const texts = readerOf(context);
      for (const file of new Set([...frozen.values()].map((test) => test.file))) {
        if (foreseeEdit(call, file, '') === undefined) continue;
        const text = await texts(file);
        const after = foreseeEdit(call, file, text ?? '')?.text;
        // What a command has changed already must not keep the file from being put right.
        const held = [...frozen.values()].filter((test) => test.file === file && keeps(text, test));
        const lost = held.filter((test) => !keeps(after, test));
        if (lost.length > 0) return { code: 'FW_DEVELOPER_FROZEN', message: sayFrozen(file, lost, after === undefined) };
      }
      return undefined;
    },
    added: () => newest.map(({ id, file, status }) => ({ id, red: red.get(id) ?? red.get(file) ?? 'never', passed: status === 'passed' })),
    changed: () => broken,
    touched: () => touched,
  };
}

function sayFrozen(file: string, tests: readonly FrozenTest[], isUnclear: boolean): string {
  const names = tests.slice(0, 5).map(({ id }) => id).join(', ');
  const how = isUnclear ? ` What this call would leave of ${file} cannot be told beforehand: quote its lines word for word, or write it anew with write_file, replace true, and these tests word for word.` : '';
  return `${names} was seen red by its assertion and stays as it is: the code has to fit it. More tests may stand beside it, or in another file.${how} If the test itself is wrong, finish as blocked and name the conflict.`;
}

function keeps(text: string | undefined, { block }: FrozenTest): boolean {
  return text !== undefined && hasBlock(text, block);
}

function isOff(id: string, tests: readonly RunTest[]): boolean {
  const status = tests.find((test) => test.id === id)?.status;
  return status === undefined || status === 'skipped' || status === 'todo';
}

/** Each file is read once; undefined for what cannot be read. */
function readerOf({ workspace }: AgentContext): (file: string) => Promise<string | undefined> {
  const texts = new Map<string, string | undefined>();
  return async (file) => {
    if (!texts.has(file)) {
      texts.set(file, await workspace.read(file).catch((error: unknown) => {
        if (/^FW_(WORKSPACE|AGENT)_/.test(String((error as { readonly code?: unknown }).code))) return undefined;
        throw error;
      }));
    }
    return texts.get(file);
  };
}

/** The last part of `file > suite > name`. */
function nameOf(id: string): string {
  return id.slice(id.lastIndexOf(' > ') + 3).replace(/ #\d+$/, '');
}
