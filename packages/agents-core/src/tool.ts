import { z } from 'zod';
import type { Json, JsonSchema, ToolSpec } from '@fw/models';
import type { AgentContext } from './agent.ts';
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
 * Declares a leaf tool whose input is checked by a zod schema before it runs; input that does not fit is answered
 * with `invalid_input` and the places that are wrong, so a model can mend its call.
 */
export function defineTool<Schema extends z.ZodType>(options: {
  readonly name: string;
  readonly description: string;
  readonly input: Schema;
  readonly effect: Effect;
  run(input: z.infer<Schema>, step: StepContext): Promise<ToolOutput>;
}): Tool & { readonly kind: 'leaf' } {
  return {
    kind: 'leaf',
    name: options.name,
    description: options.description,
    inputSchema: z.toJSONSchema(options.input, { io: 'input' }) as JsonSchema,
    effect: options.effect,
    async run(input, step) {
      const parsed = options.input.safeParse(input);
      if (!parsed.success) return invalidInput(options.name, parsed.error) as unknown as Json;
      return (await options.run(parsed.data, step)) as unknown as Json;
    },
  };
}

/** The answer to input that does not fit the tool's schema. */
export function invalidInput(name: string, error: z.ZodError): ToolOutput {
  const places = error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
  return { ok: false, code: 'invalid_input', text: `${name} was not run. ${places.join('; ')}. Call it again with corrected input.` };
}
