import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions';
import { failedWith } from '../failed-with.ts';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import { createRedactor } from '../redact.ts';
import { createWatchdog } from '../watchdog.ts';
import type { Timeouts } from '../watchdog.ts';
import { createAnswer } from './answer.ts';
import { classify } from './classify.ts';
import { createCallFetch } from './call-fetch.ts';
import { createClient } from './client.ts';
import { requestBody } from './request-body.ts';

export interface ChatSettings {
  readonly name: string;
  readonly apiKey: string | undefined;
  readonly baseURL: string | undefined;
  readonly headers: { readonly [name: string]: string };
  readonly fetch: typeof globalThis.fetch;
  readonly timeouts: Timeouts;
}

/** One chat completion as events. Every failure is a ModelError without any secret in it. */
export async function* streamChat(settings: ChatSettings, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  const id = `${settings.name}/${call.model}`;
  const redact = createRedactor([settings.apiKey ?? '', ...Object.values(settings.headers)]);
  const body = requestBody(request, { model: call.model, provider: settings.name, compatible: settings.baseURL !== undefined });
  const watchdog = createWatchdog(id, settings.timeouts, call.signal);
  const answer = createAnswer(id, call);
  try {
    let failure: unknown;
    try {
      const fetch = createCallFetch(settings, { id, onHeaders: call.onHeaders, onBytes: watchdog.touch });
      const client = await createClient(settings, fetch);
      const chunks = await client.chat.completions.create(body as unknown as ChatCompletionCreateParamsStreaming, { signal: watchdog.signal });
      yield* read(chunks, answer, watchdog);
    } catch (error) {
      failure = error;
    }
    if (call.signal.aborted) throw failedWith('cancelled', `The call of ${id} was cancelled by its caller.`);
    // An abort by the watchdog ends the SDK's loop with an error of its own, or with none.
    if (watchdog.signal.aborted) failure = watchdog.signal.reason;
    // Some servers never close a stream, or cut it, after its last word.
    if (failure !== undefined && !answer.isFinished()) throw classify(failure, { id, started: answer.isStarted(), redact, now: Date.now() });
    yield* answer.end();
  } finally {
    watchdog.stop();
  }
}

async function* read(
  chunks: AsyncIterable<ChatCompletionChunk>,
  answer: ReturnType<typeof createAnswer>,
  watchdog: ReturnType<typeof createWatchdog>,
): AsyncGenerator<ModelEvent, void, undefined> {
  for await (const chunk of chunks) {
    watchdog.pause();
    yield* answer.read(chunk);
    watchdog.resume();
  }
}
