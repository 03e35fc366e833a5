import { createModelRegistry, ModelError } from '../src/index.ts';
import type { CallScope, Ledger, ModelBudget, ModelCard, ModelEvent, ModelProvider, ModelRegistry } from '../src/index.ts';
import { createRandom } from './random.ts';

export interface Calls {
  readonly baseURL: string;
  readonly seed: number;
  /** Numbers of the calls, which decide everything about them. */
  readonly from: number;
  readonly to: number;
  /** Of each run: `run0` and so on, in turns. */
  readonly budgets: readonly ModelBudget[];
}

export interface CallsEnded {
  readonly refused: number;
  readonly aborted: number;
}

const card: ModelCard = { price: { usdPerMillion: { input: 1, output: 1 } }, contextTokens: 1_000_000 };

/** Calls at once, some of which their callers abort, in budgets of their runs. */
export async function makeCalls({ baseURL, seed, from, to, budgets }: Calls, ledger: Ledger): Promise<CallsEnded> {
  const registries = budgets.map((run) => createModelRegistry({
    providers: [billingProvider(baseURL)],
    models: { a: { use: 'billing/m', fallback: ['billing/n'], restart: true } },
    cards: { 'billing/m': card, 'billing/n': card },
    budgets: { run },
    ledger,
    retry: { maxWaitMs: 50 },
  }));
  const ended = { refused: 0, aborted: 0 };
  await Promise.all(Array.from({ length: to - from }, async (_, index) => {
    const number = from + index;
    const random = createRandom(seed * 100_003 + number);
    const controller = new AbortController();
    const abortAfterMs = random() < 0.25 ? random() * 60 : undefined;
    const maxOutputTokens = 20 + Math.floor(random() * 400);
    const words = 'word '.repeat(Math.floor(random() * 50));
    await new Promise((resolve) => setTimeout(resolve, random() * 300));
    if (abortAfterMs !== undefined) setTimeout(() => controller.abort(), abortAfterMs).unref();
    const run = number % budgets.length;
    const scope: CallScope = { run: `run${run}`, call: `call${number}` };
    try {
      await (registries[run] as ModelRegistry).get('a').generate({ messages: [{ role: 'user', content: `${Math.floor(random() * 1_000_000)} ${JSON.stringify(scope)} ${words}` }], maxOutputTokens }, { scope, signal: controller.signal });
    } catch (error) {
      if (error instanceof ModelError && error.code === 'FW_MODEL_BUDGET') ended.refused += 1;
      if (error instanceof ModelError && error.code === 'FW_MODEL_CANCELLED') ended.aborted += 1;
    }
  }));
  return ended;
}

/** Speaks to the billing server; the scope of a call is in its message. */
function billingProvider(baseURL: string): ModelProvider {
  return {
    specVersion: 1,
    name: 'billing',
    async *stream(request, call): AsyncGenerator<ModelEvent> {
      const content = String(request.messages[0]?.content);
      const { run, call: name } = JSON.parse(content.slice(content.indexOf('{'), content.indexOf('}') + 1)) as { readonly run: string; readonly call: string };
      const response = await post(`${baseURL}?run=${run}&call=${name}&max=${request.maxOutputTokens ?? 1_000_000}&attempt=${call.attempt}`, content, call.signal);
      if (!response.ok) throw new ModelError('FW_MODEL_SERVER', { message: `HTTP ${response.status}`, failure: 'server', status: response.status, retryable: true });
      yield { type: 'start', model: call.model, attempt: call.attempt };
      let text = '';
      for await (const chunk of response.body ?? []) {
        const piece = Buffer.from(chunk).toString();
        text += piece;
        yield { type: 'text', delta: piece };
      }
      if (!text.includes('.')) throw new ModelError('FW_MODEL_TRUNCATED', { message: 'cut off', failure: 'truncated', retryable: true });
      const usage = /\.(\d+),(\d+)$/.exec(text);
      if (usage !== null) yield { type: 'usage', usage: { inputTokens: Number(usage[1]), outputTokens: Number(usage[2]), cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 'unknown' } };
      yield { type: 'finish', reason: 'stop', raw: '' };
    },
  };
}

async function post(url: string, body: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body, signal });
  } catch (error) {
    throw new ModelError('FW_MODEL_NETWORK', { message: `The connection broke: ${String(error)}`, failure: 'network', retryable: true });
  }
}
