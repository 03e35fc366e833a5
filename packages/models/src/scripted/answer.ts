import { createHash } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { estimateUsage } from '../estimate-usage.ts';
import { failedWith } from '../failed-with.ts';
import type { ModelCall, ModelEvent, ModelRequest } from '../model.ts';
import { findAnswer, readRequest } from './match.ts';
import type { Script } from './script.ts';

/** Plays the reply to one request. */
export async function* answer(provider: string, script: Script, request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
  const reply = findAnswer(provider, script, request, call);
  if (reply.delayMs !== undefined) await systemClock.sleep(reply.delayMs, call.signal);
  const text = reply.output === undefined ? (reply.text ?? '') : JSON.stringify(reply.output);
  const reasoning = reply.reasoning ?? '';
  const toolCalls = (reply.toolCalls ?? []).map((toolCall, index) => ({
    type: 'tool-call' as const,
    id: callId(request, call, index),
    name: toolCall.name,
    arguments: toolCall.arguments ?? {},
  }));
  const failed = reply.error === undefined ? undefined : failure(`${provider}/${call.model}`, reply.error);
  const spoken = text.length + toolCalls.reduce((sum, toolCall) => sum + toolCall.name.length + JSON.stringify(toolCall.arguments).length, 0);

  if (failed === undefined || spoken + reasoning.length > 0) {
    yield { type: 'start', model: call.model, attempt: call.attempt };
    for (const delta of chunks(reasoning)) yield heard(call, { type: 'reasoning', delta });
    for (const delta of chunks(text)) yield heard(call, { type: 'text', delta });
    if (failed === undefined) yield* toolCalls;
    yield { type: 'usage', usage: { ...estimateUsage(request, { content: spoken, reasoning: reasoning.length }, 0), estimated: false } };
  }
  if (failed !== undefined) throw heard(call, failed);
  yield { type: 'finish', reason: reply.finish ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop'), raw: 'scripted' };
}

function heard<Value>(call: ModelCall, value: Value): Value {
  if (call.signal.aborted) throw failedWith('cancelled', `The scripted call of ${call.model} was cancelled by its caller.`);
  return value;
}

function failure(model: string, error: { readonly failure: Parameters<typeof failedWith>[0]; readonly message: string; readonly retryAfterMs?: number | undefined }): Error {
  const retryAt = error.retryAfterMs === undefined ? {} : { retryAt: systemClock.now() + error.retryAfterMs };
  return failedWith(error.failure, `${model}: ${error.message}`, retryAt);
}

/** A few characters at a time, so that listeners see a stream; never half a character. */
function chunks(text: string): readonly string[] {
  return text.match(/[^]{1,24}/gu) ?? [];
}

/** The same in every process, and different for each call of a conversation and for conversations that begin differently. */
function callId(request: ModelRequest, call: ModelCall, index: number): string {
  const { system, turn } = readRequest(request, call);
  const first = request.messages.find((message) => message.role === 'user')?.content ?? '';
  const digest = createHash('sha256').update(JSON.stringify([call.model, system, first])).digest('hex').slice(0, 8);
  return `call_${digest}_${turn}_${index}`;
}
