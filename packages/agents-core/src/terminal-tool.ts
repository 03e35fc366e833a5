import type { Json, JsonSchema, ModelResponse, ToolCall, ToolSpec } from '@fw/models';
import { jsonSchemaOf, jsonText, validateNow } from './standard-schema.ts';
import type { SchemaOutput, StandardSchema } from './standard-schema.ts';
import { invalidInput } from './tool.ts';
import type { ToolOutput } from './tool.ts';
import type { ToolExchange } from './tool-exchange.ts';

/** A tool that ends a loop: it belongs to the agent and is never run, its input is the loop's outcome. */
export interface TerminalTool<Schema extends StandardSchema = StandardSchema> {
  readonly name: string;
  readonly description: string;
  /** Checked at once: a schema that validates asynchronously is refused. */
  readonly input: Schema;
  /** What the model sees; default what the schema's library derives. */
  readonly inputSchema?: JsonSchema;
  /** A text refuses the input and goes back to the model. `exchanges` are all tool calls of the loop so far. */
  check?(input: SchemaOutput<Schema>, exchanges: readonly ToolExchange[]): string | undefined;
}

/** As the model sees it. */
export function terminalSpec(tool: TerminalTool): ToolSpec {
  return { name: tool.name, description: tool.description, inputSchema: jsonSchemaOf(tool.name, tool.input, tool.inputSchema) };
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
  return only !== undefined && value !== undefined && validateNow(only.name, only.input, value).issues === undefined ? [{ tool: only, value }] : [];
}

/** What a submission is worth: the parsed input, or the answer that asks for another one. */
export type SubmissionOutcome =
  | { readonly accepted: true; readonly input: Json }
  | { readonly accepted: false; readonly output: ToolOutput };

export function checkSubmission(submission: Submission, exchanges: readonly ToolExchange[]): SubmissionOutcome {
  const { tool, value } = submission;
  const parsed = validateNow(tool.name, tool.input, value);
  if (parsed.issues !== undefined) return { accepted: false, output: invalidInput(tool.name, parsed) };
  const refusal = tool.check?.(parsed.value, exchanges);
  if (refusal !== undefined) return { accepted: false, output: { ok: false, code: 'denied', text: refusal } };
  return { accepted: true, input: parsed.value as Json };
}
