import { findWireProblems, startFaultServer } from '@fw/models/fault-server';
import type { FaultRequest, FaultServer, FaultWire, Json, JsonObject } from '@fw/models/fault-server';
import type { Answer, Asked, Duty, MisbehavingModel, Script, Wire } from './misbehaving-model.ts';
import { call } from './misbehaving-model.ts';
import { goal } from './project.ts';

export interface PlayedModel {
  readonly server: FaultServer;
  /** What a real service would have refused, by request. */
  readonly problems: readonly string[];
}

export interface Places {
  /** Of the server that nobody may reach: `127.0.0.1:4711`. */
  readonly listener: string;
  readonly original: string;
  /** Is in the command line of processes that must not go on. */
  readonly mark: string;
}

/** Starts the model of a row: a real server on loopback that speaks its wire and sees only what a model would see. */
export async function playModel(row: MisbehavingModel, places: Places): Promise<PlayedModel> {
  const wire = faultWire(row.wire);
  const problems: string[] = [];
  let work: 'design' | 'implementation' = 'design';
  let last: { readonly duty: Duty; readonly turn: number } | undefined;
  const visits = new Map<Duty, number>();

  const answer = (request: FaultRequest): Answer => {
    problems.push(...findWireProblems(wire, request.body).map((problem) => `request ${request.number}: ${problem}`));
    const duty = dutyOf(toolsOf(request.body), work) ?? last?.duty ?? 'planning';
    const turn = countAnswers(request.body);
    if (duty === 'design' || duty === 'implementation') work = duty;
    if (last?.duty !== duty || (turn === 0 && last.turn > 0)) visits.set(duty, (visits.get(duty) ?? 0) + 1);
    last = { duty, turn };
    const asked: Asked = { duty, visit: visits.get(duty) ?? 1, turn, request: request.number };
    return fill(choose(row.play[duty], asked) ?? plainly(duty, request.body), places);
  };
  return { server: await startFaultServer({ wire, answers: answer }), problems };
}

function faultWire(wire: Wire): FaultWire {
  return wire === 'google-genai' ? 'google' : wire;
}

function choose(script: Script | undefined, asked: Asked): Answer | undefined {
  if (typeof script === 'function') return script(asked);
  return script?.[Math.min(asked.turn, script.length - 1)];
}

/** The work of everyone who does not misbehave in this row. */
function plainly(duty: Duty, body: JsonObject): Answer {
  const requests = [...new Set([...textsIn(body).matchAll(/^- (\S+): .*\[evidence/gm)].map((match) => match[1]))];
  if (duty === 'planning') return call('submit_requirements', { criteria: [{ id: 'c1', text: goal, kind: 'new' }] });
  if (duty === 'analysis') return call('submit_analysis', { summary: 'One function changes.', changes: [{ file: 'src/sum.js', why: 'it adds two numbers only' }], answers: requests.map((request) => ({ request: request!, answer: 'It will be mended.' })) });
  if (duty === 'design') return call('submit_design', { summary: 'sum takes any number of numbers.', components: [{ name: 'sum', files: ['src/sum.js'], responsibility: 'adds numbers', criteria: ['c1'] }], api: ['sum(...numbers)'], tests: [{ criterion: 'c1', description: 'three numbers', file: 'test/more.test.js', name: 'adds three numbers' }] });
  if (duty === 'implementation') return call('finish', { summary: 'Nothing to do.', criteria: [{ id: 'c1', status: 'met', evidence: [] }] });
  return call('submit_review', { approved: true, findings: [] });
}

function dutyOf(tools: readonly string[], work: 'design' | 'implementation'): Duty | undefined {
  if (tools.includes('submit_requirements')) return 'planning';
  if (tools.includes('submit_analysis')) return 'analysis';
  if (tools.includes('submit_design')) return 'design';
  if (tools.includes('finish')) return 'implementation';
  if (tools.includes('submit_review')) return work === 'design' ? 'design-review' : 'change-review';
  return undefined;
}

function toolsOf(body: JsonObject): readonly string[] {
  return listOf(body['tools']).flatMap((tool) => {
    const { functionDeclarations, function: inner, name } = tool;
    return functionDeclarations === undefined ? [(inner as JsonObject | undefined)?.['name'] ?? name] : listOf(functionDeclarations).map((declared) => declared['name']);
  }).map(String);
}

/** Answers of the model that stand in a conversation; what the responses wire keeps as several items is one. */
function countAnswers(body: JsonObject): number {
  const items = listOf(body['messages'] ?? body['contents'] ?? body['input']);
  const isModels = ({ role, type }: JsonObject): boolean => role === 'assistant' || role === 'model' || type === 'function_call' || type === 'reasoning';
  return items.filter((item, index) => isModels(item) && !(index > 0 && isModels(items[index - 1]!))).length;
}

function fill(answer: Answer, { listener, original, mark }: Places): Answer {
  const written = JSON.stringify(answer);
  if (!/\{(listener|original|mark)\}/.test(written)) return answer;
  return JSON.parse(written.replaceAll('{listener}', listener).replaceAll('{original}', original).replaceAll('{mark}', mark)) as Answer;
}

function textsIn(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value !== null && typeof value === 'object' ? Object.values(value).map(textsIn).join('\n') : '';
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value as readonly JsonObject[] : [];
}
