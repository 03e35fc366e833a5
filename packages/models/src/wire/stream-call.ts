import { failedWith } from '../failed-with.ts';
import type { JsonObject } from '../json.ts';
import type { ModelCall, ModelEvent } from '../model.ts';
import type { ModelError } from '../model-error.ts';
import { createRedactor } from '../redact.ts';
import { untilAborted } from '../until-aborted.ts';
import { createWatchdog } from '../watchdog.ts';
import type { Answer } from './answer.ts';
import { createCallFetch } from './call-fetch.ts';
import { refusedAs, thrownAs } from './classify.ts';
import type { FailureContext, KnownFailure, SaidFailure } from './classify.ts';
import type { WireSettings } from './provider-options.ts';

/** What is special about one service and its SDK. */
export interface Wire {
  /** The headers that carry the key. */
  keyHeaders(apiKey: string): { readonly [name: string]: string };
  readonly plainEvents: boolean;
  kindOf(said: SaidFailure): KnownFailure;
  /** Sends the request with the SDK and gives what it streams. */
  open(body: JsonObject, call: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal }): Promise<AsyncIterable<unknown>>;
  createAnswer(call: ModelCall, context: FailureContext): Answer;
}

/** One request as events. Every failure is a ModelError without any secret in it. */
export async function* streamCall(settings: WireSettings, wire: Wire, body: JsonObject, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  const id = `${settings.name}/${call.model}`;
  const apiKey = settings.apiKeys[(call.keyIndex ?? 0) % Math.max(1, settings.apiKeys.length)];
  const redact = createRedactor([...settings.apiKeys, ...Object.values(settings.headers)]);
  const context: FailureContext = { id, redact, kindOf: (said) => wire.kindOf(said), now: () => Date.now() };
  const watchdog = createWatchdog(id, settings.timeouts, call.signal);
  const answer = wire.createAnswer(call, context);
  const seen = { answered: false, endedInEvent: false };
  let own: ModelError | undefined;
  const fetch = createCallFetch(settings, {
    id,
    headers: apiKey === undefined ? {} : wire.keyHeaders(apiKey),
    plainEvents: wire.plainEvents,
    onHeaders: (headers) => call.onHeaders(headers),
    onBytes() {
      seen.answered = true;
      watchdog.touch();
    },
    onEnd(inEvent) {
      seen.endedInEvent = inEvent;
    },
    onLeave() {
      if (answer.isFinished()) watchdog.closing();
      return answer.isFinished();
    },
    onFailure(failure) {
      own = failure;
    },
    refused: (response) => refusedAs(response, context),
  });
  try {
    let failure: unknown;
    try {
      // A fetch of the caller's own may not listen to the signal.
      for await (const chunk of untilAborted(opened(() => wire.open(body, { fetch, signal: watchdog.signal })), watchdog.signal)) {
        watchdog.pause();
        yield* answer.read(chunk);
        watchdog.resume();
        if (answer.isOver()) watchdog.closing();
      }
    } catch (error) {
      failure = own ?? error;
    }
    if (call.signal.aborted) throw failedWith('cancelled', `The call of ${id} was cancelled by its caller.`);
    // An abort by the watchdog ends the SDK's loop with an error of its own, or with none.
    if (watchdog.signal.aborted) failure = watchdog.signal.reason;
    // Some servers never close a stream, or cut it, after its last word.
    if (failure !== undefined && !answer.isFinished()) throw thrownAs(failure, seen, context);
    yield* answer.end();
  } finally {
    watchdog.stop();
  }
}

async function* opened(open: () => Promise<AsyncIterable<unknown>>): AsyncGenerator<unknown, void, undefined> {
  yield* await open();
}
