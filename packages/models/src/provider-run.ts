import type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';
import type { Deliver } from './model-from-run.ts';
import { readRun } from './read-run.ts';
import { readUntilAborted } from './until-aborted.ts';

/** One call of a provider, events given to `deliver`. It ends at once when the signal of the call aborts. */
export type ProviderRun = (request: ModelRequest, call: ModelCall, deliver: Deliver) => Promise<void>;

const runs = new WeakMap<ModelProvider, ProviderRun>();

/** Completes a run to a provider. */
export function providerFromRun(like: { readonly name: string; readonly keys?: number }, run: ProviderRun): ModelProvider {
  const provider: ModelProvider = {
    specVersion: 1,
    ...like,
    stream: (request, call) => readRun((signal, deliver) => run(request, { ...call, signal }, deliver), call.signal),
  };
  runs.set(provider, run);
  return provider;
}

/** Whether a provider is run, and so ends by itself with its finish and with the signal it is given. */
export function isRun(provider: ModelProvider): boolean {
  return runs.has(provider);
}

/** The run of a provider; one that somebody else made is read through its stream, to its finish. */
export function runOfProvider(provider: ModelProvider): ProviderRun {
  return runs.get(provider) ?? ((request, call, deliver) => readToFinish(provider.stream(request, call), call.signal, deliver));
}

async function readToFinish(events: AsyncIterable<ModelEvent>, signal: AbortSignal, deliver: Deliver): Promise<void> {
  // An async function that returns a stream is a slip that works; left alone its rejection would end the process.
  const reading = readUntilAborted(events instanceof Promise ? ((await events) as AsyncIterable<ModelEvent>) : events, signal);
  try {
    for (let event = await reading.next(); event !== undefined; event = await reading.next()) {
      const enough = deliver(event);
      if (enough !== undefined) await enough;
      if (event.type === 'finish') return;
    }
  } finally {
    reading.close();
  }
}
