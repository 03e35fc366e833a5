import type { Json } from '@fw/agents-core';
import { failedWith } from '@fw/models';
import type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from '@fw/models';
import type { RemoteContribution } from '@fw/plugins';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

const text = withZod((z) => z.string().max(4_000_000));
const count = withZod((z) => z.number().int().min(0));
const modelEvent = withZod((z) => z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), model: z.string().max(256), attempt: count }),
  z.object({ type: z.literal('text'), delta: text }),
  z.object({ type: z.literal('reasoning'), delta: text }),
  z.object({ type: z.literal('signature'), opaque: z.json() }),
  z.object({ type: z.literal('tool-call'), id: z.string().max(256), name: z.string().max(256), arguments: z.json() }),
  z.object({ type: z.literal('usage'), usage: z.object({ inputTokens: count, outputTokens: count, cacheReadTokens: count, cacheWriteTokens: count, reasoningTokens: count, estimated: z.boolean() }) }),
  z.object({ type: z.literal('finish'), reason: z.enum(['stop', 'length', 'tool-calls', 'content-filter', 'other']), raw: z.string().max(1_000) }),
]));
const headers = withZod((z) => z.record(z.string().max(256), z.string().max(8_192)));
const ended = withZod((z) => z.object({
  failure: z.object({
    failure: z.enum(['rate-limit', 'quota', 'overloaded', 'server', 'network', 'truncated', 'context', 'auth', 'model-gone', 'parameter', 'invalid', 'policy', 'protocol', 'malformed']),
    message: z.string().max(10_000), retryAt: z.number().optional(), status: z.number().int().optional(),
  }).optional(),
}));

/** A provider that runs in its plugin's process. It sees the requests that are sent to it, and of the config, keys and books nothing. */
export function remoteProvider(thing: RemoteContribution): ModelProvider {
  if (thing.data['specVersion'] !== 1) throw Object.assign(new Error(`Provider "${thing.name}" is of specVersion ${String(thing.data['specVersion'])}; this host takes specVersion 1.`), { code: 'FW_PLUGIN_INVALID' });
  return { specVersion: 1, name: thing.name, stream: (request, call) => streamAcross(thing, request, call) };
}

/** Each event waits until it was taken, so that a plugin is never ahead of who reads it. */
async function* streamAcross(thing: RemoteContribution, request: ModelRequest, { signal, onHeaders, model, key, attempt }: ModelCall): AsyncGenerator<ModelEvent> {
  const left = new AbortController();
  const arrived: { readonly event: ModelEvent; readonly take: () => void }[] = [];
  let taking = (): void => {};
  let wake = (): void => {};
  let end: { readonly answer: Json } | { readonly error: unknown } | undefined;
  const finish = (how: typeof end): void => {
    end = how;
    wake();
  };
  thing.call('stream', { request, call: { model, key, attempt } } as unknown as Json, {
    signal: AbortSignal.any([signal, left.signal]),
    answers: {
      event: (input) => new Promise<Json>((resolve) => {
        // Every question has its answer, also when nobody reads any more: open ones count against the plugin.
        if (left.signal.aborted) return resolve(null);
        arrived.push({ event: withUnknownCost(read(modelEvent, input, thing)), take: () => { resolve(null); } });
        wake();
      }),
      async headers(input) {
        onHeaders(read(headers, input, thing));
        return null;
      },
    },
  }).then((answer) => { finish({ answer }); }, (error: unknown) => { finish({ error }); });
  try {
    for (;;) {
      const next = arrived.shift();
      if (next !== undefined) {
        taking = next.take;
        yield next.event;
        taking();
      } else if (end === undefined) await new Promise<void>((resolve) => { wake = resolve; });
      else break;
    }
  } finally {
    left.abort();
    taking();
    for (const { take } of arrived) take();
  }
  // Whose process it was is said; for whoever asked it is a service that does not work.
  if ('error' in end) throw failedWith('server', (end.error as Error).message, { cause: end.error });
  const { failure } = read(ended, end.answer, thing);
  if (failure === undefined) return;
  const { retryAt, status } = failure;
  throw failedWith(failure.failure, `${thing.name}: ${failure.message}`, { ...(retryAt !== undefined && { retryAt }), ...(status !== undefined && { status }) });
}

/** What an answer costs is a matter of its model's card, not of the plugin. */
function withUnknownCost(event: z.output<typeof modelEvent>): ModelEvent {
  return event.type === 'usage' ? { type: 'usage', usage: { ...event.usage, costNanoUsd: 'unknown' } } : event;
}

function read<T>(schema: z.ZodType<T>, value: unknown, { name }: RemoteContribution): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw failedWith('protocol', `${name} sent what no provider sends: ${parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}.`);
}
