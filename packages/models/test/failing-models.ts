import { createModel } from '../src/index.ts';
import type { Model, ModelError, ModelRequest } from '../src/index.ts';
import { scripted } from '../src/scripted.ts';
import type { FailureKind, ScriptReply } from '../src/scripted.ts';

export const hello: ModelRequest = { messages: [{ role: 'user', content: 'hello' }] };
export const fine: ScriptReply = { then: { text: 'fine' } };

export function fails(failure: FailureKind, more: { attempt?: number; model?: string; retryAfterMs?: number; text?: string } = {}): ScriptReply {
  const { attempt, model, retryAfterMs, text } = more;
  return { when: { attempt, model }, then: { text, error: { failure, message: `${failure} it is`, retryAfterMs } } };
}

export function named(name: string, replies: readonly ScriptReply[]): Model {
  return createModel(scripted({ script: replies }), name);
}

export async function failureOf(promise: Promise<unknown>): Promise<ModelError> {
  return promise.then(() => { throw new Error('It did not fail.'); }, (error: unknown) => error as ModelError);
}
