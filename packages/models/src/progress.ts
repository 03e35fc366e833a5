import { estimateUsage } from './estimate-usage.ts';
import type { ModelEvent, ModelProvider, ModelRequest } from './model.ts';
import type { FailureKind } from './model-error.ts';
import { tagSignature } from './signature.ts';
import { noUsage } from './usage.ts';
import type { Usage } from './usage.ts';

/** What one attempt has seen so far. */
export interface Progress {
  text: string;
  reasoning: string;
  /** Held back until something follows it, so that a failed attempt leaves no trace in the stream. */
  start: ModelEvent | undefined;
  delivered: boolean;
  usage: Usage | undefined;
  /** Held back until the finish: a call from a broken answer must not be executed. */
  readonly toolCalls: (ModelEvent & { readonly type: 'tool-call' })[];
}

export function startProgress(): Progress {
  return { text: '', reasoning: '', start: undefined, delivered: false, usage: undefined, toolCalls: [] };
}

/** Notes an event and returns it when it is content to pass on now. */
export function take(progress: Progress, event: ModelEvent, provider: string): ModelEvent | undefined {
  switch (event.type) {
    case 'start':
      progress.start = event;
      return undefined;
    case 'usage':
      progress.usage = event.usage;
      return undefined;
    case 'tool-call':
      progress.toolCalls.push(event);
      return undefined;
    case 'text':
      progress.text += event.delta;
      return event.delta === '' ? undefined : event;
    case 'reasoning':
      progress.reasoning += event.delta;
      return event.delta === '' ? undefined : event;
    case 'signature':
      return { type: 'signature', opaque: tagSignature(provider, event.opaque) };
    default:
      return undefined;
  }
}

/** Failures after which the service may have worked, and bill, without having said how much. */
const billable: ReadonlySet<FailureKind> = new Set(['cancelled', 'truncated', 'protocol', 'malformed']);

/** What the provider said, or else what we count: nothing for a request that was turned away. */
export function usageOf(provider: ModelProvider, request: ModelRequest, progress: Progress, failure: FailureKind | undefined): Usage {
  if (progress.usage !== undefined) return progress.usage;
  if (failure !== undefined && progress.start === undefined && !billable.has(failure)) return noUsage;
  const toolCalls = progress.toolCalls.reduce((sum, call) => sum + call.name.length + JSON.stringify(call.arguments).length, 0);
  const answer = { content: progress.text.length + toolCalls, reasoning: progress.reasoning.length };
  return estimateUsage(request, answer, provider.simulated === true ? 0 : 'unknown');
}
