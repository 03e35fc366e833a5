import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createModelRegistry, memoryLedger, ModelError } from '../src/index.ts';
import type { CallScope, Ledger, LedgerLine, ModelCard, ModelEvent, ModelProvider, Usage } from '../src/index.ts';

export interface LedgerProof {
  readonly seed: number;
  readonly calls: number;
  readonly sent: number;
  readonly refused: number;
  readonly aborted: number;
  /** Runs whose bill was above their budget: must be none. */
  readonly overspentRuns: number;
  /** Attempts that reported usage and were booked with another figure: must be none. */
  readonly wrongLines: number;
  /** Attempts without usage that were booked below what was billed, or above what was reserved: must be none. */
  readonly outOfBounds: number;
}

const card: ModelCard = { price: { usdPerMillion: { input: 1, output: 1 } }, contextTokens: 1_000_000 };

/** Many calls at once on a server that bills each token, with answers that are cut, reset, refused or left without usage, and callers that abort. */
export async function proveLedger(options: { readonly calls: number; readonly seed: number }): Promise<LedgerProof> {
  const random = createRandom(options.seed);
  const server = await startBillingServer();
  const caps = new Map(Array.from({ length: 10 }, (_, run) => [`run${run}`, Math.floor(options.calls * (2 + random() * 30))]));
  const reserved = new Map<string, number>();
  const lines: { readonly line: LedgerLine; readonly reservationId: string }[] = [];
  const ledgers = new Map([...caps.keys()].map((run) => [run, watched(memoryLedger(), reserved, lines)]));
  const registries = new Map([...caps].map(([run, tokens]) => [run, createModelRegistry({
    providers: [billingProvider(server.baseURL, run)],
    models: { a: { use: 'billing/m', fallback: ['billing/n'], restart: true } },
    cards: { 'billing/m': card, 'billing/n': card },
    budgets: { run: { tokens } },
    ledger: ledgers.get(run) as Ledger,
    retry: { maxWaitMs: 50 },
  })]));
  let [refused, aborted] = [0, 0];
  try {
    await Promise.all(Array.from({ length: options.calls }, async (_, number) => {
      const run = `run${number % 10}`;
      const controller = new AbortController();
      const abortAfterMs = random() < 0.25 ? random() * 60 : undefined;
      const maxOutputTokens = 20 + Math.floor(random() * 400);
      const words = 'word '.repeat(Math.floor(random() * 50));
      const mood = Math.floor(random() * 1_000_000);
      await new Promise((resolve) => setTimeout(resolve, random() * 300));
      if (abortAfterMs !== undefined) setTimeout(() => controller.abort(), abortAfterMs).unref();
      try {
        const scope: CallScope = { run };
        await registries.get(run)?.get('a').generate({ messages: [{ role: 'user', content: `${mood} ${words}` }], maxOutputTokens }, { scope, signal: controller.signal });
      } catch (error) {
        if (error instanceof ModelError && error.code === 'FW_MODEL_BUDGET') refused += 1;
        if (error instanceof ModelError && error.code === 'FW_MODEL_CANCELLED') aborted += 1;
      }
    }));
    await server.settled();
    const booked = new Map<string, { tokens: number; estimated: boolean; reservationId: string }>();
    let wrongLines = 0;
    for (const { line, reservationId } of lines) {
      booked.set(reservationId, { tokens: line.usage.inputTokens + line.usage.outputTokens, estimated: line.usage.estimated, reservationId });
      if (!line.usage.estimated && line.failure === undefined && line.usage.costNanoUsd !== (line.usage.inputTokens + line.usage.outputTokens) * 1_000) wrongLines += 1;
    }
    const billed = [...caps.keys()].map((run) => server.billOf(run));
    const books = [...caps.keys()].map((run) => tokensOf(ledgers.get(run)?.usage()));
    const overspentRuns = [...caps.values()].filter((cap, index) => (billed[index] ?? 0) > cap || (books[index] ?? 0) > cap).length;
    const tooHigh = [...booked.values()].filter(({ tokens, reservationId }) => tokens > (reserved.get(reservationId) ?? Infinity)).length;
    const tooLow = billed.filter((bill, index) => bill > (books[index] ?? 0)).length;
    return { seed: options.seed, calls: options.calls, sent: server.requests(), refused, aborted, overspentRuns, wrongLines, outOfBounds: tooHigh + tooLow };
  } finally {
    await server.close();
  }
}

/** Notes what was reserved and what was booked for it. */
function watched(ledger: Ledger, reserved: Map<string, number>, lines: { line: LedgerLine; reservationId: string }[]): Ledger {
  return {
    ...ledger,
    async reserve(reservation) {
      const answer = await ledger.reserve(reservation);
      if (answer.status === 'reserved') reserved.set(reservation.id, tokensOf(reservation.bound));
      return answer;
    },
    async settle(reservationId, settled) {
      lines.push(...settled.map((line) => ({ line, reservationId })));
      await ledger.settle(reservationId, settled);
    },
  };
}

function tokensOf(usage: Usage | undefined): number {
  return usage === undefined ? 0 : usage.inputTokens + usage.outputTokens;
}

function billingProvider(baseURL: string, run: string): ModelProvider {
  return {
    specVersion: 1,
    name: 'billing',
    async *stream(request, call): AsyncGenerator<ModelEvent> {
      const content = String(request.messages[0]?.content);
      const response = await post(`${baseURL}?run=${run}&max=${request.maxOutputTokens ?? 1_000_000}&attempt=${call.attempt}`, content, call.signal);
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

interface BillingServer {
  readonly baseURL: string;
  requests(): number;
  billOf(run: string): number;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Bills the bytes of the prompt and each token it makes, also those that nobody reads any more. */
async function startBillingServer(): Promise<BillingServer> {
  const bills = new Map<string, number>();
  let [requests, open] = [0, 0];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests += 1;
    const url = new URL(request.url ?? '', 'http://127.0.0.1');
    const run = url.searchParams.get('run') ?? '';
    const mood = (Number(body.split(' ')[0]) + Number(url.searchParams.get('attempt')) * 7) % 10;
    if (mood === 0) return void response.writeHead(500).end();
    open += 1;
    const inputTokens = Buffer.byteLength(body);
    const outputTokens = Math.min(Number(url.searchParams.get('max')), 10 + (inputTokens % 90));
    bills.set(run, (bills.get(run) ?? 0) + inputTokens + outputTokens);
    if (mood === 1) {
      open -= 1;
      return void request.socket.destroy();
    }
    response.writeHead(200);
    for (let token = 0; token < outputTokens; token += 1) {
      if (token % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      if (mood === 2 && token > outputTokens / 2) break;
      response.write('x ');
    }
    if (mood === 2) request.socket.destroy();
    else response.end(mood === 3 ? '.' : `.${inputTokens},${outputTokens}`);
    open -= 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests: () => requests,
    billOf: (run) => bills.get(run) ?? 0,
    async settled() {
      while (open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Numbers that look random and are the same for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
