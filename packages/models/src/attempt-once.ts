import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { failedWith } from './failed-with.ts';
import { findPrice } from './find-price.ts';
import { isModelError } from './is-model-error.ts';
import type { ModelEvent, ModelProvider, ModelRequest } from './model.ts';
import type { ModelCard } from './model-card.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import { ModelError } from './model-error.ts';
import { notify } from './notify.ts';
import { costOf } from './price.ts';
import type { ModelPrice } from './price.ts';
import type { Prices } from './prices.ts';
import { isRun, runOfProvider } from './provider-run.ts';
import { startProgress, take, usageOf } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Attempt, AttemptFailure, Receipt } from './receipt.ts';
import type { ModelReference } from './reference.ts';
import { ownSignatures } from './signature.ts';
import { readerLeft } from './read-run.ts';
import type { Usage, UsageRound } from './usage.ts';

const maxAnswerLength = 16_000_000;
/** An abort without a reason makes one with a stack each time. */
const over = new Error('The attempt is over.');
const neverAborted = new AbortController().signal;

/** A model of a provider, where time comes from, and what is known about it. */
export interface Endpoint {
  readonly provider: ModelProvider;
  readonly reference: ModelReference;
  readonly id: string;
  readonly clock: Clock;
  readonly card: ModelCard;
  readonly prices: Prices | undefined;
}

/** Sends a request once and books the attempt exactly once, however it ends. */
export async function attemptOnce(endpoint: Endpoint, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  const isAborted = (): boolean => call.signal?.aborted === true;
  if (isAborted()) throw cancelled(endpoint, { key: call.key, attempts: [] }, call.signal?.reason);
  const { provider, clock, id } = endpoint;
  const number = call.attempt ?? 1;
  const found = findPrice({ id, ...(provider.simulated === true ? { simulated: true } : {}) }, endpoint.card, endpoint.prices, clock.now());
  const price = found instanceof Promise ? await found : found;
  if (isAborted()) throw cancelled(endpoint, { key: call.key, attempts: [] }, call.signal?.reason);
  const startedAt = clock.now();
  const progress = startProgress();
  let settled: Attempt | undefined;
  const settle = (failure?: AttemptFailure): Attempt => {
    settled = {
      id: randomUUID(),
      model: endpoint.id,
      startedAt,
      durationMs: Math.max(0, clock.now() - startedAt),
      usage: withCost(usageOf(provider, request, progress, failure, call.reserved), progress.priced && failure === undefined ? undefined : price),
      ...(failure === undefined ? {} : { failure }),
    };
    notify(call.onAttempt, settled);
    return settled;
  };

  const finish = async (event: ModelEvent & { readonly type: 'finish' }): Promise<void> => {
    const { usage } = settle();
    if (!progress.delivered) await deliver(startOf(endpoint, progress, number));
    for (const toolCall of progress.toolCalls) await deliver(toolCall);
    await deliver({ type: 'usage', usage });
    await deliver(progress.toolCalls.length > 0 && event.reason === 'stop' ? { ...event, reason: 'tool-calls' } : event);
  };
  const receive: Deliver = (event) => {
    if (settled !== undefined) return undefined;
    if (event.type === 'finish') return finish({ type: 'finish', reason: event.reason ?? 'other', raw: String(event.raw ?? '') });
    const content = take(progress, event, provider.name);
    if (event.type === 'usage' && event.rounds !== undefined && progress.usage !== undefined) return priceRounds(endpoint, progress, event.usage, event.rounds, price);
    if (content === undefined) return undefined;
    if (progress.text.length + progress.reasoning.length > maxAnswerLength) {
      throw failedWith('protocol', `${endpoint.id} sent more than ${maxAnswerLength} characters and was stopped.`);
    }
    if (progress.delivered) return deliver(content);
    progress.delivered = true;
    const enough = deliver(startOf(endpoint, progress, number));
    return enough === undefined ? deliver(content) : enough.then(() => deliver(content));
  };

  const failed = (error: unknown): never => {
    if (settled !== undefined) throw error;
    const failure = isAborted() ? cancelled(endpoint, { key: call.key, attempts: [] }, call.signal?.reason) : asModelError(endpoint, error);
    const attempt = settle({
      kind: failure.failure ?? 'invalid',
      message: failure.message,
      ...(failure.status === undefined ? {} : { status: failure.status }),
      ...(failure.retryAt === undefined ? {} : { retryAt: failure.retryAt }),
    });
    throw withProgress(failure, { key: call.key, attempts: [attempt] }, progress, attempt.usage);
  };
  const begin = (signal: AbortSignal): Promise<void> => {
    try {
      return runOfProvider(provider)(ownSignatures(request, provider.name), {
        model: sentName(endpoint),
        key: call.key,
        attempt: number,
        ...(call.keyIndex === undefined ? {} : { keyIndex: call.keyIndex }),
        signal,
        onHeaders: (headers) => notify(call.onHeaders, headers),
      }, receive);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  };
  const complete = (): void => {
    if (settled === undefined) throw failedWith('truncated', `The answer of ${endpoint.id} ended before it was finished.`);
  };
  if (isRun(provider)) return begin(call.signal ?? neverAborted).then(complete).catch(failed);
  // A provider of somebody else is told when its answer is over; ours ends by itself.
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(call.signal?.reason);
  call.signal?.addEventListener('abort', onAbort, { once: true });
  return begin(controller.signal).then(complete).catch(failed).finally(() => {
    call.signal?.removeEventListener('abort', onAbort);
    controller.abort(over);
  });
}

function startOf(endpoint: Endpoint, progress: Progress, attempt: number): ModelEvent {
  return progress.start ?? { type: 'start', model: sentName(endpoint), attempt };
}

function sentName({ card, reference }: Endpoint): string {
  return card.sendAs ?? reference.name;
}

/** A cost that the provider does not say follows from the price at the time of the call. */
function withCost(usage: Usage, price: ModelPrice | undefined): Usage {
  return usage.costNanoUsd !== 'unknown' || price === undefined ? usage : { ...usage, costNanoUsd: costOf(price, usage) };
}

/** Each round is a request of its own, at the price of its own model. */
async function priceRounds(endpoint: Endpoint, progress: Progress, usage: Usage, rounds: readonly UsageRound[], price: ModelPrice | undefined): Promise<void> {
  const { provider, reference, prices, clock } = endpoint;
  const own = new Set([undefined, sentName(endpoint), reference.name, progress.start?.type === 'start' ? progress.start.model : undefined]);
  let costNanoUsd: Usage['costNanoUsd'] = 0;
  for (const round of rounds) {
    const found = own.has(round.model) || round.model === undefined ? price : await prices?.find({ provider: provider.name, name: round.model }, clock.now());
    costNanoUsd = costNanoUsd === 'unknown' || found === undefined ? 'unknown' : costNanoUsd + costOf(found, round);
  }
  progress.usage = { ...usage, costNanoUsd };
  progress.priced = true;
}

function cancelled(endpoint: Endpoint, receipt: Receipt, reason: unknown): ModelError {
  const what = reason === readerLeft ? `The caller left the answer of ${endpoint.id} before its end.` : `The call of ${endpoint.id} was cancelled by its caller.`;
  return failedWith('cancelled', what, { receipt, cause: reason });
}

function asModelError(endpoint: Endpoint, error: unknown): ModelError {
  if (isModelError(error)) return error;
  const message = `The provider of ${endpoint.id} failed: ${error instanceof Error ? error.message : String(error)}`;
  return new ModelError('FW_MODEL_FAILED', { message, failure: 'protocol', retryable: true, cause: error });
}

function withProgress(error: ModelError, receipt: Receipt, progress: Progress, usage: Usage): ModelError {
  const partial = progress.delivered ? { partial: { text: progress.text, reasoning: progress.reasoning, usage } } : {};
  const broken = progress.delivered && error.failure !== undefined && error.failure !== 'cancelled' && error.failure !== 'policy';
  return new ModelError(broken ? 'FW_MODEL_PARTIAL' : error.code, {
    message: broken ? `${error.message} It broke off after ${progress.text.length} characters of text.` : error.message,
    retryable: error.retryable,
    receipt,
    ...partial,
    ...(error.failure === undefined ? {} : { failure: error.failure }),
    ...(error.retryAt === undefined ? {} : { retryAt: error.retryAt }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  });
}
