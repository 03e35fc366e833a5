import type { Json, JsonSchema, ToolSpec } from '@fw/models';
import { AgentError } from './agent-error.ts';
import type { AgentContext } from './agent.ts';
import { describeIssues, jsonSchemaOf } from './standard-schema.ts';
import type { SchemaIssue, SchemaOutput, StandardSchema } from './standard-schema.ts';
import type { Effect, StepContext } from './step.ts';

/**
 * A tool is a leaf or a composite, never both.
 * leaf: the framework journals the call as one step; it gets a StepContext and touches the world.
 * composite: the framework opens a scope; it gets an AgentContext and touches the world only through that (a sub-agent).
 */
export type Tool =
  | (ToolSpec & { readonly kind: 'leaf'; readonly effect: Effect; run(input: Json, step: StepContext): Promise<Json> })
  | (ToolSpec & { readonly kind: 'composite'; run(input: Json, context: AgentContext): Promise<Json> });

export type ToolFailure =
  | 'not_found' | 'ambiguous' | 'stale' | 'no_change' | 'outside' | 'denied' | 'invalid_input' | 'timeout' | 'too_large' | 'binary'
  | 'syntax' | 'cancelled' | 'not_executed' | 'unknown_tool' | 'failed';

/** What every tool of ours answers. `text` is for the model; it is never cut silently: `truncated` says what is missing. */
export interface ToolOutput {
  readonly ok: boolean;
  readonly code?: ToolFailure;
  readonly text: string;
  readonly truncated?: { readonly shown: number; readonly total: number; readonly unit: 'characters' | 'lines' | 'entries' | 'matches'; readonly ref?: string };
  readonly meta?: { readonly [key: string]: Json | undefined };
}

/**
 * Declares a leaf tool whose input is checked before it runs, by a schema of any library that follows Standard
 * Schema v1; input that does not fit is answered with `invalid_input` and the places that are wrong, so a model can
 * mend its call. `inputSchema` is what the model sees; default what the library derives, as zod does.
 * @throws AgentError `FW_TOOL_INVALID` for a name that no model could call, a schema of another kind, or one without JSON Schema.
 */
export function defineTool<Schema extends StandardSchema>(options: {
  readonly name: string;
  readonly description: string;
  readonly input: Schema;
  readonly inputSchema?: JsonSchema;
  readonly effect: Effect;
  run(input: SchemaOutput<Schema>, step: StepContext): Promise<ToolOutput>;
}): Tool & { readonly kind: 'leaf' } {
  const { name, description, input: schema, effect } = options;
  requireToolName(name);
  return {
    kind: 'leaf',
    name,
    description,
    inputSchema: jsonSchemaOf(name, schema, options.inputSchema),
    effect,
    async run(input, step) {
      const parsed = await schema['~standard'].validate(input);
      if (parsed.issues !== undefined) return invalidInput(name, parsed) as unknown as Json;
      return (await options.run(parsed.value as SchemaOutput<Schema>, step)) as unknown as Json;
    },
  };
}

/** @throws AgentError `FW_TOOL_INVALID` for a name that services refuse. */
export function requireToolName(name: string): void {
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name)) throw new AgentError('FW_TOOL_INVALID', { message: `"${String(name).slice(0, 200)}" is no name for a tool: write letters, digits, "_", "." and "-", at most 128.` });
}

/** The answer to input that does not fit the tool's schema. */
export function invalidInput(name: string, error: { readonly issues: readonly SchemaIssue[] }): ToolOutput {
  return { ok: false, code: 'invalid_input', text: `${name} was not run. ${describeIssues(error.issues)}. Call it again with corrected input.` };
}
