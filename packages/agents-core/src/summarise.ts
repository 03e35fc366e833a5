import type { z } from 'zod';
import { withZod, loadZod } from './with-zod.ts';
import type { JsonSchema, Message, ModelResponse, ToolSpec } from '@fw/models';
import { acceptanceCriteria } from './acceptance-criteria.ts';
import type { AgentContext } from './agent.ts';
import { canonicalJson } from './canonical-json.ts';
import { generateJson } from './generate-json.ts';
import { describeIssues, jsonText } from './standard-schema.ts';
import { changedFiles, readOutput } from './tool-exchange.ts';
import type { ToolExchange } from './tool-exchange.ts';
import { wrapUntrusted } from './untrusted.ts';

const line = withZod((z) => z.string().trim().min(1).max(2_000));
const list = withZod((z) => z.array(line).max(40));
const summarySchema: z.ZodType<Summary> = withZod((z) => z.object({
  done: z.array(z.object({ what: line, files: list.default([]), evidence: list.default([]) })).max(40).default([]),
  criteria: z.array(z.object({ id: line, status: z.enum(['met', 'open', 'blocked']), evidence: list.default([]) })).max(200).default([]),
  decisions: list.default([]),
  open: list.default([]),
  next: list.default([]),
}));

/** What the model notes of turns that it will no longer see. */
export interface Summary {
  readonly done: readonly { readonly what: string; readonly files: readonly string[]; readonly evidence: readonly string[] }[];
  readonly criteria: readonly { readonly id: string; readonly status: 'met' | 'open' | 'blocked'; readonly evidence: readonly string[] }[];
  readonly decisions: readonly string[];
  readonly open: readonly string[];
  readonly next: readonly string[];
}

const ask = 'The conversation is getting too long and its older part will be replaced by a summary that you write now. Call no tool. Answer with one JSON object: done [{ what, files, evidence }], criteria [{ id, status: met, open or blocked, evidence }], decisions [], open [], next []. Evidence is ids of runs that a tool has shown you. Say only what was seen; leave out what is not certain. Task, criteria and open requests stay as they are: do not repeat them.';

/**
 * Has the model write down what the older part of a conversation came to; undefined when it does not fit the schema
 * in two tries. What the journal does not bear out is taken out by `checkSummary`.
 */
export async function askSummary(context: AgentContext, messages: readonly Message[], tools: readonly ToolSpec[], heard: (response: ModelResponse) => void): Promise<Summary | undefined> {
  const output = { name: 'summary', schema: loadZod().toJSONSchema(summarySchema, { io: 'input' }) as JsonSchema };
  const asked: Message[] = [...messages, { role: 'user', content: ask }];
  for (let attempt = 1; attempt <= 2; attempt++) {
    const response = await generateJson(context, { messages: [...asked], tools, toolChoice: 'none', output });
    if (response !== undefined) heard(response);
    const parsed = summarySchema.safeParse(response?.output ?? jsonText(response?.text ?? ''));
    if (parsed.success) return parsed.data;
    if (response !== undefined && response.text !== '') asked.push({ role: 'assistant', content: response.text });
    asked.push({ role: 'user', content: `That is no such object: ${describeIssues(parsed.error.issues)}. Answer with the JSON object alone.` });
  }
  return undefined;
}

/** The summary without files that no call named, evidence that no tool showed, and criteria that do not exist. */
function checkSummary(summary: Summary, exchanges: readonly ToolExchange[], criteria: readonly string[]): Summary {
  const asked = exchanges.map(({ call, output }) => `${canonicalJson(call.arguments)}\n${canonicalJson(output)}`);
  const answered = exchanges.map(({ output }) => canonicalJson(output));
  const isIn = (texts: readonly string[]) => (name: string): boolean => texts.some((text) => text.includes(JSON.stringify(name).slice(1, -1)));
  const [isFile, isEvidence] = [isIn(asked), isIn(answered)];
  return {
    ...summary,
    done: summary.done.flatMap((item) => {
      const [files, evidence] = [item.files.filter(isFile), item.evidence.filter(isEvidence)];
      const isInvented = item.files.length + item.evidence.length > 0 && files.length + evidence.length === 0;
      return isInvented ? [] : [{ ...item, files, evidence }];
    }),
    criteria: summary.criteria.filter(({ id }) => criteria.includes(id)).map((item) => {
      const evidence = item.evidence.filter(isEvidence);
      return { ...item, evidence, status: item.status === 'met' && evidence.length === 0 ? 'open' : item.status };
    }),
  };
}

/** The message that stands for the turns up to `last`: what the journal says, and what the model made of it. */
export function summaryText(context: AgentContext, summary: Summary | undefined, exchanges: readonly ToolExchange[], options: { readonly last: number; readonly changing: readonly string[]; readonly tag: string; readonly refer: (exchange: ToolExchange) => string }): string {
  const { last, changing, tag, refer } = options;
  const old = exchanges.filter(({ turn }) => turn <= last);
  const checked = summary === undefined ? undefined : checkSummary(summary, exchanges, acceptanceCriteria(context).map(({ id }) => id));
  const changed = [...new Set(old.filter((exchange) => changedFiles(exchange, changing)).flatMap(filesOf))];
  const test = old.findLast(({ call }) => call.name === 'run_tests');
  const facts = [
    `Turns 1 to ${last} are left out; files, tests and tools are as they were left.`,
    ...(changed.length === 0 ? [] : [`Files changed so far: ${changed.slice(0, 100).join(', ')}.`]),
    ...(test === undefined ? [] : [`Last run of the tests (turn ${test.turn}): ${(readOutput(test.output).text ?? '').split('\n', 1)[0]?.slice(0, 300) ?? ''}`]),
    ...old.filter(({ output }) => (readOutput(output).text?.length ?? 0) > 400).slice(-20).map((exchange) => `Turn ${exchange.turn}, ${exchange.call.name} ${canonicalJson(exchange.call.arguments).slice(0, 120)}: ${refer(exchange)}`),
  ];
  const said = checked === undefined ? '' : `\n\n# What you noted\n${JSON.stringify(checked, null, 1)}`;
  return `# The work so far\n${wrapUntrusted(`${facts.join('\n')}${said}`, { tag, source: 'journal' })}`;
}

function filesOf({ call, output }: ToolExchange): readonly string[] {
  const changed = readOutput(output).meta?.['changed'];
  const path = (call.arguments as { readonly path?: unknown } | null)?.path;
  return Array.isArray(changed) ? changed.filter((file) => typeof file === 'string') : typeof path === 'string' ? [path] : [];
}
