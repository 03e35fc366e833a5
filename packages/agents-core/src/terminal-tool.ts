import { z } from 'zod';
import type { Json, JsonSchema, ModelResponse, ToolCall, ToolSpec } from '@fw/models';
import { invalidInput } from './tool.ts';
import type { ToolOutput } from './tool.ts';
import type { ToolExchange } from './tool-exchange.ts';

/** A tool that ends a loop: it belongs to the agent and is never run, its input is the loop's outcome. */
export interface TerminalTool<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly input: Schema;
  /** A text refuses the input and goes back to the model. `exchanges` are all tool calls of the loop so far. */
  check?(input: z.infer<Schema>, exchanges: readonly ToolExchange[]): string | undefined;
}

/** As the model sees it. */
export function terminalSpec(tool: TerminalTool): ToolSpec {
  return { name: tool.name, description: tool.description, inputSchema: z.toJSONSchema(tool.input, { io: 'input' }) as JsonSchema };
}

/** A call of a terminal tool, or a text that stands for one (then without `call`). */
export interface Submission {
  readonly tool: TerminalTool;
  readonly value: Json;
  readonly call?: ToolCall;
}

/** Terminal calls in order; without any call, a text that is the single terminal tool's input as JSON. */
export function findSubmissions(response: ModelResponse, terminal: readonly TerminalTool[], limit: number): readonly Submission[] {
  if (response.toolCalls.length > 0) {
    return response.toolCalls.slice(0, limit).flatMap((call) => {
      const tool = terminal.find((candidate) => candidate.name === call.name);
      return tool === undefined ? [] : [{ tool, value: call.arguments, call }];
    });
  }
  const only = terminal.length === 1 ? terminal[0] : undefined;
  const value = jsonText(response.text);
  return only !== undefined && value !== undefined && only.input.safeParse(value).success ? [{ tool: only, value }] : [];
}

/** What a submission is worth: the parsed input, or the answer that asks for another one. */
export type SubmissionOutcome =
  | { readonly accepted: true; readonly input: Json }
  | { readonly accepted: false; readonly output: ToolOutput };

export function checkSubmission(submission: Submission, exchanges: readonly ToolExchange[]): SubmissionOutcome {
  const { tool, value } = submission;
  const parsed = tool.input.safeParse(value);
  if (!parsed.success) return { accepted: false, output: invalidInput(tool.name, parsed.error) };
  const refusal = tool.check?.(parsed.data, exchanges);
  if (refusal !== undefined) return { accepted: false, output: { ok: false, code: 'denied', text: refusal } };
  return { accepted: true, input: parsed.data as Json };
}

function jsonText(text: string): Json | undefined {
  const body = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}
