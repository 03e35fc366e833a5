import { startFaultServer } from '@fw/models/fault-server';
import type { FaultAnswer, FaultServer, FaultToolCall, FaultWire, Json, JsonObject } from '@fw/models/fault-server';

/** A task on somebody else's package, and how it is done right. */
export interface PublishedTask {
  readonly kind: 'feature' | 'bug' | 'refactoring' | 'performance';
  /** Of the fixture `published`. */
  readonly name: string;
  readonly goal: string;
  readonly criteria: readonly { readonly id: string; readonly text: string; readonly kind: 'new' | 'keep' }[];
  /** Files that whoever asks brings along: a test that shows the bug, a benchmark. */
  readonly brings?: { readonly [file: string]: string };
  /** What the developer does, one answer after the other; then it ends. */
  readonly steps: readonly Step[];
  /** The package's own tests, run by its own runner. */
  readonly test: readonly string[];
}

export type Step =
  | { readonly type: 'write'; readonly file: string; readonly content: string }
  /** Each text stands once in the file. */
  | { readonly type: 'edit'; readonly file: string; readonly edits: readonly { readonly old: string; readonly new: string }[] }
  | { readonly type: 'test' };

/** Starts a model that does the task: a server on loopback that speaks its wire and sees only what a model would see. */
export function playTask(task: PublishedTask, wire: FaultWire): Promise<FaultServer> {
  return startFaultServer({ wire, answers: ({ body }) => ({ toolCalls: [answer(task, body)] }) satisfies FaultAnswer });
}

function answer({ goal, criteria, steps }: PublishedTask, body: JsonObject): FaultToolCall {
  const offered = toolsOf(body);
  const ids = criteria.map(({ id }) => id);
  const call = (name: string, input: Json): FaultToolCall => ({ name, arguments: input });
  const requests = [...new Set([...textsIn(body).matchAll(/^- (\S+): .*\[evidence/gm)].map((match) => match[1] ?? ''))];
  if (offered.includes('submit_requirements')) return call('submit_requirements', { criteria: criteria.map((criterion) => ({ ...criterion })) });
  if (offered.includes('submit_analysis')) return call('submit_analysis', { summary: 'What has to change stands in one function.', changes: steps.flatMap((step) => (step.type === 'test' ? [] : [{ file: step.file, why: goal }])), answers: requests.map((request) => ({ request, answer: 'It will be mended.' })) });
  if (offered.includes('submit_design')) {
    const files = steps.flatMap((step) => (step.type === 'test' ? [] : [step.file]));
    return call('submit_design', {
      summary: 'The smallest change that does it.',
      components: [{ name: 'the function', files, responsibility: goal, criteria: ids }],
      api: ['no signature changes'],
      tests: criteria.map(({ id, text }) => ({ criterion: id, description: text, file: files[0] ?? '', name: text })),
    });
  }
  if (offered.includes('submit_review')) return call('submit_review', { approved: true, findings: [] });
  const step = steps[answersIn(body)];
  return step === undefined ? call('finish', { summary: goal, criteria: ids.map((id) => ({ id, status: 'met', evidence: [] })) }) : toolCall(step, offered);
}

/** In the format of edits that this model is offered. */
function toolCall(step: Step, offered: readonly string[]): FaultToolCall {
  if (step.type === 'test') return { name: 'run_tests', arguments: { scope: 'all' } };
  if (step.type === 'edit' && offered.includes('edit_file')) return { name: 'edit_file', arguments: { path: step.file, edits: step.edits.map((edit) => ({ ...edit })) } };
  if (step.type === 'write' && offered.includes('write_file')) return { name: 'write_file', arguments: { path: step.file, content: step.content } };
  const lines = (text: string, sign: string): readonly string[] => text.replace(/\n$/, '').split('\n').map((line) => sign + line);
  const hunks = step.type === 'write' ? [`*** Add File: ${step.file}`, ...lines(step.content, '+')] : [`*** Update File: ${step.file}`, ...step.edits.flatMap((edit) => ['@@', ...lines(edit.old, '-'), ...lines(edit.new, '+')])];
  return { name: 'apply_patch', arguments: { patch: ['*** Begin Patch', ...hunks, '*** End Patch'].join('\n') } };
}

function toolsOf(body: JsonObject): readonly string[] {
  return listOf(body['tools']).flatMap((tool) => {
    const { functionDeclarations, function: inner, name } = tool;
    return functionDeclarations === undefined ? [(inner as JsonObject | undefined)?.['name'] ?? name] : listOf(functionDeclarations).map((declared) => declared['name']);
  }).map(String);
}

/** Answers of the model that stand in a conversation; what the responses wire keeps as several items is one. */
function answersIn(body: JsonObject): number {
  const items = listOf(body['messages'] ?? body['contents'] ?? body['input']);
  const isModels = ({ role, type }: JsonObject): boolean => role === 'assistant' || role === 'model' || type === 'function_call' || type === 'reasoning';
  return items.filter((item, index) => isModels(item) && !(index > 0 && isModels(items[index - 1] ?? {}))).length;
}

function textsIn(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value !== null && typeof value === 'object' ? Object.values(value).map(textsIn).join('\n') : '';
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value as readonly JsonObject[] : [];
}
