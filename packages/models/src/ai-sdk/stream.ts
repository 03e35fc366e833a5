import { kindOfFailure as anthropicKind } from '../anthropic/kind-of-failure.ts';
import { failedWith } from '../failed-with.ts';
import { kindOfFailure as googleKind } from '../google/kind-of-failure.ts';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import { kindOfFailure as openaiKind } from '../openai/kind-of-failure.ts';
import { createSecretsFilter } from '../secrets-filter.ts';
import { readUntilAborted } from '../until-aborted.ts';
import { createWatchdog } from '../watchdog.ts';
import type { Timeouts } from '../watchdog.ts';
import { thrownAs } from '../wire/classify.ts';
import type { FailureContext } from '../wire/classify.ts';
import { createAiSdkAnswer } from './answer.ts';
import { callOptions } from './call-options.ts';
import { chooseModel } from './model.ts';
import type { AiSdkModel } from './model.ts';
import { refusedCall } from './refused-call.ts';

export interface AiSdkSettings {
  readonly name: string;
  readonly model: AiSdkModel | ((name: string) => AiSdkModel);
  readonly timeouts: Timeouts;
}

/** One call of a language model of the AI SDK as events. */
export async function* streamAiSdk(settings: AiSdkSettings, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  const { model, version } = chooseModel(settings.model, call.model, settings.name);
  const options = callOptions(request, { provider: settings.name, version });
  const id = `${settings.name}/${call.model}`;
  // Its keys are not known here, but their forms are.
  const filter = createSecretsFilter([]);
  const context: FailureContext = { id, redact: filter, kindOf: kindOf(model.provider), now: () => Date.now() };
  const watchdog = createWatchdog(id, settings.timeouts, call.signal);
  const answer = createAiSdkAnswer(call, context, model.provider);
  const seen = { answered: false, endedInEvent: false };
  try {
    let failure: unknown;
    try {
      if (call.signal.aborted) throw call.signal.reason;
      const parts = send(model, { ...options, includeRawChunks: false, abortSignal: watchdog.signal() }, (headers) => {
        seen.answered = true;
        watchdog.touch();
        call.onHeaders(headers);
      });
      // Not every model listens to the signal.
      const reading = readUntilAborted(parts, watchdog.ending);
      try {
        for (let part = await reading.next(); part !== undefined; part = await reading.next()) {
          watchdog.touch();
          watchdog.pause();
          for (const event of answer.read(part)) yield event;
          watchdog.resume();
          if (answer.isOver()) break;
        }
      } finally {
        reading.close();
      }
    } catch (error) {
      failure = error;
    }
    if (call.signal.aborted) throw failedWith('cancelled', `The call of ${id} was cancelled by its caller.`);
    if (watchdog.ending.aborted) failure = watchdog.ending.reason;
    if (failure !== undefined && !answer.isFinished()) throw refusedCall(failure, context) ?? thrownAs(failure, seen, context);
    yield* answer.end();
  } finally {
    watchdog.stop();
  }
}

async function* send(model: AiSdkModel, options: object, onHeaders: (headers: { readonly [name: string]: string }) => void): AsyncGenerator<unknown, void, undefined> {
  const { stream, response } = await model.doStream(options as never);
  onHeaders(response?.headers ?? {});
  yield* stream;
}

/** The SDK passes on what the service said, so the service's words decide. */
function kindOf(service: string): FailureContext['kindOf'] {
  if (service.startsWith('anthropic')) return anthropicKind;
  return service.startsWith('google') ? googleKind : openaiKind;
}
