import type { Json, ToolCall, ToolSpec } from '@fw/models';
import type { AgentContext } from './agent.ts';
import { capOutputs } from './cap-output.ts';
import type { KeptOutputs } from './kept-outputs.ts';
import type { TerminalTool } from './terminal-tool.ts';
import type { ToolFailure, ToolOutput } from './tool.ts';
import { readOutput } from './tool-exchange.ts';

/** A call of one turn and the one result it gets. A terminal call's `output` is null until the loop has checked it. */
export interface Answer {
  readonly call: ToolCall;
  readonly terminal: boolean;
  output: Json;
  /** Answered by a tool, so its text is data from outside; else by the loop. */
  isOutside: boolean;
}

/** Calls of one turn that are answered; the rest is told to come again. */
export const callLimit = 32;

export interface AnswerOptions {
  readonly offered: readonly ToolSpec[];
  readonly terminal: readonly TerminalTool[];
  readonly store: KeptOutputs;
  /** Why a call that could run must not; asked call by call before any of them runs. */
  hold(call: ToolCall): Promise<Json | undefined>;
  /** The answer of the loop itself, for a call that no tool has to run for. */
  own(call: ToolCall): Json | undefined;
}

/** One answer for each call, in the order of the calls. The tools are asked once, together: the host orders reads and writes. */
export async function answerCalls(context: AgentContext, calls: readonly ToolCall[], options: AnswerOptions): Promise<readonly Answer[]> {
  const { offered, terminal, store } = options;
  const answers = calls.map((call, index): Answer => {
    const ending = terminal.some((tool) => tool.name === call.name);
    return { call, terminal: ending && index < callLimit, output: refuse(call, index, [...offered, ...terminal]), isOutside: false };
  });
  const isOpen = (answer: Answer): boolean => answer.output === null && !answer.terminal;
  for (const answer of answers.filter(isOpen)) {
    const own = options.own(answer.call);
    answer.isOutside = own !== undefined;
    answer.output = own ?? (await options.hold(answer.call)) ?? null;
  }
  const waiting = answers.filter(isOpen);
  const outputs = waiting.length === 0 ? [] : await context.tools.callAll(waiting.map((answer) => answer.call));
  for (const [index, answer] of waiting.entries()) {
    answer.output = outputs[index] ?? failure('failed', `${answer.call.name} gave no answer.`);
    answer.isOutside = true;
  }
  const outside = answers.filter((answer) => answer.isOutside);
  const capped = capOutputs(outside.map(({ output }) => output), store, outside.map(({ call }) => call.name));
  for (const [index, answer] of outside.entries()) answer.output = capped[index] ?? null;
  return answers;
}

/** True when a turn's call led nowhere: its tool does not exist, or its input did not fit. */
export function isUseless(answer: Answer): boolean {
  const { code } = readOutput(answer.output);
  return code === 'unknown_tool' || code === 'invalid_input';
}

export function failure(code: ToolFailure, text: string, meta?: ToolOutput['meta']): Json {
  const output: ToolOutput = { ok: false, code, text, ...(meta === undefined ? {} : { meta }) };
  return output as unknown as Json;
}

function refuse(call: ToolCall, index: number, known: readonly { readonly name: string }[]): Json {
  if (index >= callLimit) return failure('not_executed', `Only the first ${callLimit} calls of a turn are answered. Call ${call.name} again in a later turn.`);
  if (known.some((tool) => tool.name === call.name)) return null;
  return failure('unknown_tool', `There is no tool "${call.name}". Tools: ${known.map((tool) => tool.name).join(', ')}.`);
}
