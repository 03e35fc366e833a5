import { isModelError } from '../is-model-error.ts';
import type { ModelCall, ModelEvent } from '../model.ts';
import type { Heard } from './tape.ts';

/** Passes an answer on and keeps it. It is kept before its end is passed on, so a call that is over is on the tape. */
export async function* record(source: AsyncIterable<ModelEvent>, call: ModelCall, keep: (heard: Heard) => Promise<void>): AsyncGenerator<ModelEvent, void, undefined> {
  const events: ModelEvent[] = [];
  let kept = false;
  try {
    for await (const event of source) {
      remember(events, event);
      if (event.type === 'finish') {
        kept = true;
        await keep({ events });
      }
      yield event;
    }
  } catch (error) {
    const { failure, message } = error as { readonly failure?: unknown; readonly message?: unknown };
    // What the caller did is no answer of the service.
    if (kept || call.signal.aborted || failure === 'cancelled') throw error;
    kept = true;
    const known = isModelError(error) ? error : undefined;
    await keep({
      events,
      error: {
        code: known?.code ?? 'FW_MODEL_FAILED',
        failure: known?.failure ?? 'protocol',
        message: String(message),
        ...(known?.status === undefined ? {} : { status: known.status }),
      },
    });
    throw error;
  }
  if (!kept) await keep({ events });
}

/** Pieces of text are joined, so that no secret is hidden by lying across two of them. */
function remember(events: ModelEvent[], event: ModelEvent): void {
  const last = events.at(-1);
  if ((event.type === 'text' || event.type === 'reasoning') && last?.type === event.type) events[events.length - 1] = { type: event.type, delta: last.delta + event.delta };
  else events.push(event);
}
