import { withZod } from './with-zod.ts';
import type { AiSdkModel } from './ai-sdk/model.ts';
import { streamAiSdk } from './ai-sdk/stream.ts';
import type { ModelProvider } from './model.ts';
import { parseConfig } from './parse-config.ts';
import type { Timeouts } from './watchdog.ts';

export type { AiSdkModel } from './ai-sdk/model.ts';
export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';
export type { Timeouts } from './watchdog.ts';

export interface AiSdkOptions {
  /** A language model of the AI SDK, or what makes one of a name, as its providers do. */
  readonly model: AiSdkModel | ((name: string) => AiSdkModel);
  /** Default `ai-sdk`. */
  readonly name?: string;
  readonly timeouts?: Timeouts;
}

/**
 * Any language model of the AI SDK whose `specificationVersion` is `v2`, `v3` or `v4`. Its keys are its own affair.
 * @throws ModelError FW_MODEL_CONFIG for options that cannot work.
 */
export function aiSdk(options: AiSdkOptions): ModelProvider {
  const { name = 'ai-sdk' } = parseConfig(schema, options, 'The options of aiSdk()');
  const { model, timeouts = {} } = options;
  return { specVersion: 1, name, stream: (request, call) => streamAiSdk({ name, model, timeouts }, request, call) };
}

const timeout = withZod((z) => z.number().int().positive().max(2 ** 31 - 1).optional());
const schema = withZod((z) => z.strictObject({
  model: z.custom((value) => typeof value === 'function' || (typeof value === 'object' && value !== null && 'doStream' in value), 'must be a language model of the AI SDK, or a function that makes one'),
  name: z.string().regex(/^[\w.-]+$/).optional(),
  timeouts: z.strictObject({ firstByteMs: timeout, idleMs: timeout, totalMs: timeout }).optional(),
}));
