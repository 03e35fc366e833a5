import { loadZod, withZod } from '../with-zod.ts';
import { failureRules } from '../failure.ts';
import type { Json, JsonSchema } from '../json.ts';
import type { FinishReason } from '../model.ts';
import type { FailureKind } from '../model-error.ts';
import { parseConfig } from '../parse-config.ts';

/** What a scripted provider says. The first reply whose conditions all hold is the answer. */
export interface Script {
  readonly version: 1;
  readonly replies: readonly ScriptReply[];
}

export interface ScriptReply {
  /** Default: holds for every request. */
  readonly when?: ScriptCondition | undefined;
  readonly then: ScriptAnswer;
}

/** All given conditions must hold. They look at the request alone, so the answer depends on nothing else. */
export interface ScriptCondition {
  /** The provider's own name of the model. */
  readonly model?: string | undefined;
  /** A piece of the system messages, for example the line that says who the agent is. */
  readonly system?: string | undefined;
  /** Pieces that occur anywhere in the messages, tool calls and tool results included. */
  readonly contains?: readonly string[] | undefined;
  /** A piece of the last message. */
  readonly lastContains?: string | undefined;
  /** Names of tools that are all offered. */
  readonly tools?: readonly string[] | undefined;
  /** The name of the structured output that is asked for. */
  readonly output?: string | undefined;
  /** How many assistant messages the request holds. */
  readonly turn?: number | undefined;
  /** The number of the attempt within one call, from 1. */
  readonly attempt?: number | undefined;
}

export interface ScriptAnswer {
  readonly reasoning?: string | undefined;
  readonly text?: string | undefined;
  /** JSON to be said as text, for a request with a structured output. */
  readonly output?: Json | undefined;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments?: Json | undefined }[] | undefined;
  /** Fails with this after everything else was said. */
  readonly error?: { readonly failure: FailureKind; readonly message: string; readonly retryAfterMs?: number | undefined } | undefined;
  /** Default `tool-calls` with tool calls, else `stop`. */
  readonly finish?: FinishReason | undefined;
  /** Wait before the first word. */
  readonly delayMs?: number | undefined;
}

const piece = withZod((z) => z.string().min(1).optional());
const count = withZod((z) => z.number().int().nonnegative().optional());
const condition = withZod((z) => z.strictObject({
  model: piece.describe("The provider's own name of the model."),
  system: piece.describe('A piece of the system messages.'),
  contains: z.array(z.string().min(1)).optional().describe('Pieces that occur anywhere in the messages.'),
  lastContains: piece.describe('A piece of the last message.'),
  tools: z.array(z.string().min(1)).optional().describe('Names of tools that are all offered.'),
  output: piece.describe('The name of the structured output that is asked for.'),
  turn: count.describe('How many assistant messages the request holds.'),
  attempt: z.number().int().positive().optional().describe('The number of the attempt within one call, from 1.'),
}));
const answer = withZod((z) => z
  .strictObject({
    reasoning: z.string().optional(),
    text: z.string().optional(),
    output: z.json().optional().describe('JSON to be said as text.'),
    toolCalls: z.array(z.strictObject({ name: z.string().min(1), arguments: z.json().optional() })).optional(),
    error: z.strictObject({ failure: z.enum(Object.keys(failureRules) as FailureKind[]), message: z.string().min(1), retryAfterMs: count }).optional(),
    finish: z.enum(['stop', 'length', 'tool-calls', 'content-filter', 'other']).optional(),
    delayMs: z.number().int().nonnegative().max(2 ** 31 - 1).optional().describe('Wait before the first word.'),
  })
  .refine((value) => value.text === undefined || value.output === undefined, 'say either "text" or "output", not both'));
const script = withZod((z) => z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  replies: z.array(z.strictObject({ when: condition.optional(), then: answer })),
}));

/** Checks a script; a bare list of replies is one too. @throws ModelError FW_MODEL_SCRIPT with the place of every mistake. */
export function parseScript(value: unknown, source = 'The script'): Script {
  const parsed = parseConfig(script, Array.isArray(value) ? { version: 1, replies: value } : value, source, 'FW_MODEL_SCRIPT');
  return { version: 1, replies: parsed.replies as readonly ScriptReply[] };
}

/** The file format as JSON Schema, for editors. */
export function scriptJsonSchema(): JsonSchema {
  return loadZod().toJSONSchema(script, { io: 'input' }) as JsonSchema;
}
