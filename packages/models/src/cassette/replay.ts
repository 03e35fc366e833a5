import { failedWith } from '../failed-with.ts';
import { failureRules } from '../failure.ts';
import type { ModelCall, ModelEvent } from '../model.ts';
import { ModelError } from '../model-error.ts';
import type { Heard } from './tape.ts';

/** Says what was heard. It costs nothing this time, and nobody has to wait for a limit of then. */
export async function* replay(heard: Heard, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  for (const event of heard.events) {
    // Readers of a stream get their turn, as they would between two packets.
    await Promise.resolve();
    if (call.signal.aborted) throw failedWith('cancelled', `The recorded call of ${call.model} was cancelled by its caller.`);
    if (event.type === 'start') yield { ...event, attempt: call.attempt };
    else if (event.type === 'usage') yield { type: 'usage', usage: { ...event.usage, costNanoUsd: 0 } };
    else yield event;
  }
  if (heard.error === undefined) return;
  const { code, failure, message, status } = heard.error;
  throw new ModelError(code, { message, failure, retryable: failureRules[failure].again !== 'never', ...(status === undefined ? {} : { status }) });
}
