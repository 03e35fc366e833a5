import type { Json, Part, ToolCall, ToolSpec } from '@fw/models';
import type { AgentContext } from './agent.ts';
import { capOutputs } from './cap-output.ts';
import type { TerminalTool } from './terminal-tool.ts';
import type { ToolFailure, ToolOutput } from './tool.ts';
import { readOutput } from './tool-exchange.ts';

/** A call of one turn and the one result it gets. A terminal call's `output` is null until the loop has checked it. */
export interface Answer {
  readonly call: ToolCall;
  readonly terminal: boolean;
  output: Json;
}

/** Calls of one turn that are answered; the rest is told to come again. */
export const callLimit = 32;

/** One answer for each call, in the order of the calls. The tools are asked once, together: the host orders reads and writes. */
export async function answerCalls(context: AgentContext, calls: readonly ToolCall[], offered: readonly ToolSpec[], terminal: readonly TerminalTool[]): Promise<readonly Answer[]> {
  const answers = calls.map((call, index): Answer => {
    const ending = terminal.some((tool) => tool.name === call.name);
    return { call, terminal: ending && index < callLimit, output: refuse(call, index, [...offered, ...terminal]) };
  });
  const waiting = answers.filter((answer) => answer.output === null && !answer.terminal);
  if (waiting.length === 0) return answers;
  const outputs = await context.tools.callAll(waiting.map((answer) => answer.call));
  const capped = capOutputs(waiting.map((answer, index) => outputs[index] ?? failure('failed', `${answer.call.name} gave no answer.`)));
  for (const [index, answer] of waiting.entries()) answer.output = capped[index] ?? null;
  return answers;
}

/** The answers as the parts of one message. */
export function resultParts(answers: readonly Answer[]): readonly Part[] {
  return answers.map(({ call, output }) => ({
    type: 'tool-result', id: call.id, name: call.name, content: output, ...(readOutput(output).ok === false ? { isError: true } : {}),
  }));
}

/** True when a turn's call led nowhere: its tool does not exist, or its input did not fit. */
export function isUseless(answer: Answer): boolean {
  const { code } = readOutput(answer.output);
  return code === 'unknown_tool' || code === 'invalid_input';
}

export function failure(code: ToolFailure, text: string): Json {
  const output: ToolOutput = { ok: false, code, text };
  return output as unknown as Json;
}

function refuse(call: ToolCall, index: number, known: readonly { readonly name: string }[]): Json {
  if (index >= callLimit) return failure('not_executed', `Only the first ${callLimit} calls of a turn are answered. Call ${call.name} again in a later turn.`);
  if (known.some((tool) => tool.name === call.name)) return null;
  return failure('unknown_tool', `There is no tool "${call.name}". Tools: ${known.map((tool) => tool.name).join(', ')}.`);
}
