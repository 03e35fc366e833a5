import { failedWith } from '../failed-with.ts';
import type { JsonObject } from '../json.ts';
import type { ModelCall, ModelProvider, ModelRequest } from '../model.ts';
import type { Deliver } from '../model-from-run.ts';
import type { ModelError } from '../model-error.ts';
import { providerFromRun } from '../provider-run.ts';
import { createRedactor } from '../redact.ts';
import { closeSafely, patienceUntil } from '../until-aborted.ts';
import { createWatchdog } from '../watchdog.ts';
import type { Answer } from './answer.ts';
import { createSend } from './call-fetch.ts';
import type { Send } from './call-fetch.ts';
import { refusedAs, thrownAs } from './classify.ts';
import type { FailureContext, KnownFailure, SaidFailure } from './classify.ts';
import type { EventStream } from './event-stream.ts';
import type { WireSettings } from './provider-options.ts';

/** What is special about one service and its SDK. */
export interface Wire {
  /** The headers that carry the key. */
  keyHeaders(apiKey: string): { readonly [name: string]: string };
  readonly plainEvents: boolean;
  kindOf(said: SaidFailure): KnownFailure;
  /** What the SDK takes. @throws ModelError for what this service cannot be asked. */
  body(request: ModelRequest, target: { readonly model: string; readonly provider: string }): JsonObject;
  /** Sends the request and gives what the service streams. An SDK that reads the stream itself needs the signal. */
  open(body: JsonObject, call: { readonly model: string; readonly send: Send; signal(): AbortSignal }): Promise<EventStream>;
  createAnswer(call: ModelCall, context: FailureContext): Answer;
}

/** The provider of a service. */
export function wireProvider(settings: WireSettings, wire: Wire): ModelProvider {
  const redact = createRedactor([...settings.apiKeys, ...Object.values(settings.headers)]);
  const headers = settings.apiKeys.length === 0 ? [lowerCased(settings.headers)] : settings.apiKeys.map((apiKey) => lowerCased({ ...wire.keyHeaders(apiKey), ...settings.headers }));
  const service: Service = { settings, wire, redact, headers };
  return providerFromRun({ name: settings.name, keys: settings.apiKeys.length }, (request, call, deliver) => runCall(service, request, call, deliver));
}

interface Service {
  readonly settings: WireSettings;
  readonly wire: Wire;
  readonly redact: (text: string) => string;
  /** For each key, or for none. */
  readonly headers: readonly { readonly [name: string]: string }[];
}

/** One request as events. Every failure is a ModelError without any secret in it. */
async function runCall({ settings, wire, redact, headers }: Service, request: ModelRequest, call: ModelCall, deliver: Deliver): Promise<void> {
  const id = `${settings.name}/${call.model}`;
  const context: FailureContext = { id, redact, kindOf: wire.kindOf, now: Date.now };
  const watchdog = createWatchdog(id, settings.timeouts, call.signal);
  // Made when something arrives: a call waits much longer than it reads.
  let answer: Answer | undefined;
  const seen = { answered: false, endedInEvent: false };
  const patience = patienceUntil(watchdog.ending);
  let own: ModelError | undefined;
  const send = createSend(settings.fetch, {
    id,
    headers: headers[(call.keyIndex ?? 0) % headers.length] ?? {},
    plainEvents: wire.plainEvents,
    ending: watchdog.ending,
    signal: watchdog.signal,
    onHeaders: call.onHeaders,
    onBytes() {
      seen.answered = true;
      watchdog.touch();
    },
    onEnd(inEvent) {
      seen.endedInEvent = inEvent;
    },
    onLeave() {
      if (answer?.isFinished() !== true) return false;
      watchdog.closing();
      return true;
    },
    onFailure(failure) {
      own = failure;
    },
    refused: (response) => refusedAs(response, context),
  });
  try {
    let failure: unknown;
    let stream: EventStream | undefined;
    try {
      // A fetch of the caller's own may not listen to the signal.
      // The body is made here, so that nothing of it is kept for the time of the answer.
      stream = await patience.waitFor(() => wire.open(wire.body(request, { model: call.model, provider: settings.name }), { model: call.model, send, signal: watchdog.signal }));
      const next = stream.next.bind(stream);
      for (let read = await patience.waitFor(next); read.done !== true; read = await patience.waitFor(next)) {
        watchdog.pause();
        answer ??= wire.createAnswer(call, context);
        for (const chunk of read.value) {
          for (const event of answer.read(chunk)) {
            const enough = deliver(event);
            if (enough !== undefined) await enough;
          }
        }
        watchdog.resume();
        if (answer.isOver()) watchdog.closing();
      }
    } catch (error) {
      failure = own ?? error;
    } finally {
      patience.stop();
      if (stream !== undefined) void closeSafely(stream);
    }
    if (call.signal.aborted) throw failedWith('cancelled', `The call of ${id} was cancelled by its caller.`);
    // An abort by the watchdog ends the SDK's loop with an error of its own, or with none.
    if (watchdog.ending.aborted) failure = watchdog.ending.reason;
    // Some servers never close a stream, or cut it, after its last word.
    if (failure !== undefined && answer?.isFinished() !== true) throw thrownAs(failure, seen, context);
    for (const event of (answer ?? wire.createAnswer(call, context)).end()) await deliver(event);
  } finally {
    watchdog.stop();
  }
}

function lowerCased(headers: { readonly [name: string]: string }): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
