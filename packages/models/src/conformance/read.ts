import { expect } from 'vitest';
import type { ModelCall, ModelEvent, ModelProvider, ModelRequest, ToolSpec } from '../model.ts';
import type { Usage } from '../usage.ts';

/** A request of one user message. */
export function ask(content: string, tools?: readonly ToolSpec[]): ModelRequest {
  return { messages: [{ role: 'user', content }], ...(tools === undefined ? {} : { tools }) };
}

/** Reads a provider to its end; `onText` is called after each piece of text. */
export async function readAll(provider: ModelProvider, request: ModelRequest, call: Partial<ModelCall> & Pick<ModelCall, 'model'>, onText?: () => void): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  const full: ModelCall = { key: 'conformance', attempt: 1, signal: new AbortController().signal, onHeaders: () => undefined, ...call };
  for await (const event of provider.stream(request, full)) {
    events.push(event);
    if (event.type === 'text') onText?.();
  }
  return events;
}

export function expectUsage(usage: Usage | undefined): void {
  if (usage === undefined) throw new Error('The provider reported no usage.');
  for (const name of ['inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'reasoningTokens'] as const) {
    expect(Number.isSafeInteger(usage[name]) && usage[name] >= 0, `${name} is ${usage[name]}`).toBe(true);
  }
  expect(usage.inputTokens).toBeGreaterThan(0);
  expect(usage.cacheReadTokens + usage.cacheWriteTokens).toBeLessThanOrEqual(usage.inputTokens);
  expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.outputTokens);
  if (usage.costNanoUsd !== 'unknown') expect(Number.isSafeInteger(usage.costNanoUsd) && usage.costNanoUsd >= 0).toBe(true);
}
