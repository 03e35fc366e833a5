import { randomUUID } from 'node:crypto';
import { collect } from './collect.ts';
import type { CallOptions, Model, ModelEvent, ModelRequest } from './model.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';

/** Options of a call whose key is settled: every attempt of one call has the same. */
export type KeyedCall = CallOptions & { readonly key: string };

/** Completes a stream to a Model: `generate` collects it, and the receipt is made of the attempts it reported. */
export function modelFromStream(
  like: Pick<Model, 'id' | 'simulated'>,
  stream: (request: ModelRequest, call: KeyedCall) => AsyncIterable<ModelEvent>,
): Model {
  const keyed = (options: CallOptions): KeyedCall => ({ ...options, key: options.key ?? randomUUID() });
  return {
    specVersion: 1,
    id: like.id,
    ...(like.simulated === true ? { simulated: true } : {}),
    stream: (request, options = {}) => stream(request, keyed(options)),
    generate(request, options = {}) {
      const { onEvent, ...rest } = keyed(options);
      const attempts: Attempt[] = [];
      const onAttempt = (attempt: Attempt): void => {
        attempts.push(attempt);
        notify(rest.onAttempt, attempt);
      };
      return collect(watched(stream(request, { ...rest, onAttempt }), onEvent), request, () => ({ key: rest.key, attempts }));
    },
  };
}

async function* watched(events: AsyncIterable<ModelEvent>, onEvent: CallOptions['onEvent']): AsyncIterable<ModelEvent> {
  for await (const event of events) {
    notify(onEvent, event);
    yield event;
  }
}
