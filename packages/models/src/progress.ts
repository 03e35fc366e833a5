import { estimateUsage } from './estimate-usage.ts';
import type { ModelEvent, ModelProvider, ModelRequest } from './model.ts';
import { failedWith } from './failed-with.ts';
import type { FailureKind } from './model-error.ts';
import type { AttemptFailure } from './receipt.ts';
import { tagSignature } from './signature.ts';
import { noUsage } from './usage.ts';
import { fieldsOf } from './wire/json-fields.ts';
import type { Usage } from './usage.ts';

/** What one attempt has seen so far. */
export interface Progress {
  text: string;
  reasoning: string;
  /** Held back until something follows it, so that a failed attempt leaves no trace in the stream. */
  start: ModelEvent | undefined;
  delivered: boolean;
  usage: Usage | undefined;
  /** The usage has its cost, or it is known that nobody knows it. */
  priced: boolean;
  /** Held back until the finish: a call from a broken answer must not be executed. */
  readonly toolCalls: (ModelEvent & { readonly type: 'tool-call' })[];
}

export function startProgress(): Progress {
  return { text: '', reasoning: '', start: undefined, delivered: false, usage: undefined, priced: false, toolCalls: [] };
}

/** Notes an event and returns it when it is content to pass on now. */
export function take(progress: Progress, event: ModelEvent, provider: string): ModelEvent | undefined {
  switch (event.type) {
    case 'start':
      progress.start = event;
      return undefined;
    case 'usage':
      // Figures that make no sense would spoil the books: it is counted instead.
      progress.usage = isSane(event.usage) ? event.usage : undefined;
      progress.priced = false;
      return undefined;
    case 'tool-call':
      if (typeof event.name !== 'string' || event.name === '' || typeof event.id !== 'string' || event.arguments === undefined) throw failedWith('malformed', `The provider "${provider}" gave a tool call without a name, an id or arguments.`);
      progress.toolCalls.push(event);
      return undefined;
    case 'text':
      requireText(event, provider);
      progress.text += event.delta;
      return event.delta === '' ? undefined : event;
    case 'reasoning':
      requireText(event, provider);
      progress.reasoning += event.delta;
      return event.delta === '' ? undefined : event;
    case 'signature':
      return { type: 'signature', opaque: tagSignature(provider, event.opaque) };
    default:
      return undefined;
  }
}

function requireText({ type, delta }: { readonly type: string; readonly delta: unknown }, provider: string): void {
  if (typeof delta !== 'string') throw failedWith('protocol', `The provider "${provider}" gave a piece of ${type} that is no text.`);
}

function isSane(usage: unknown): boolean {
  const { costNanoUsd, ...counts } = fieldsOf(usage);
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  return ['inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'reasoningTokens'].every((name) => isCount(counts[name])) && (costNanoUsd === 'unknown' || isCount(costNanoUsd));
}

/** Failures after which the service may have worked, and bill, without having said how much. */
const billable: ReadonlySet<FailureKind> = new Set(['cancelled', 'truncated', 'protocol', 'malformed']);

/**
 * What the provider said, or else what we count: nothing for a request that was turned away. Where something was set
 * aside for the attempt, what is counted is never less than what the service may bill.
 */
export function usageOf(provider: ModelProvider, request: ModelRequest, progress: Progress, failure: AttemptFailure | undefined, reserved: Usage | undefined): Usage {
  if (failure === undefined && progress.usage !== undefined) return progress.usage;
  if (reserved !== undefined) return highestUsage(progress, failure, reserved);
  if (progress.usage !== undefined) return progress.usage;
  if (failure !== undefined && progress.start === undefined && !billable.has(failure.kind)) return noUsage;
  const toolCalls = progress.toolCalls.reduce((sum, call) => sum + call.name.length + JSON.stringify(call.arguments).length, 0);
  const answer = { content: progress.text.length + toolCalls, reasoning: progress.reasoning.length };
  return estimateUsage(request, answer, provider.simulated === true ? 0 : 'unknown');
}

function highestUsage(progress: Progress, failure: AttemptFailure | undefined, reserved: Usage): Usage {
  if (failure !== undefined && progress.start === undefined && progress.usage === undefined && wasTurnedAway(failure)) return noUsage;
  // A service that is cut off goes on generating, and bills, without our seeing it.
  const outputTokens = failure === undefined ? Math.min(reserved.outputTokens, answerBytes(progress)) : reserved.outputTokens;
  const said = progress.usage ?? reserved;
  const costNanoUsd = said === reserved && outputTokens === reserved.outputTokens ? reserved.costNanoUsd : 'unknown';
  return { ...said, outputTokens: Math.max(outputTokens, progress.usage?.outputTokens ?? 0), estimated: true, costNanoUsd };
}

/** Answered by a status, or never reached: the service did no work. */
function wasTurnedAway(failure: AttemptFailure): boolean {
  return failure.status !== undefined || neverConnected.test(failure.message) || !(billable.has(failure.kind) || failure.kind === 'network');
}

const neverConnected = /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b/;

function answerBytes({ text, reasoning, toolCalls }: Progress): number {
  const calls = toolCalls.reduce((sum, call) => sum + 16 + Buffer.byteLength(call.name + JSON.stringify(call.arguments)), 0);
  return 16 + Buffer.byteLength(text) + Buffer.byteLength(reasoning) + calls;
}
