import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerPrompt } from './conformance/fault-wire.ts';
import { conformancePrompts } from './conformance/prompts.ts';
import { ask, expectUsage, readAll } from './conformance/read.ts';
import { testWire } from './conformance/test-wire.ts';
import { startFaultServer } from './fault-server.ts';
import type { FaultWire } from './fault-server.ts';
import type { ModelEvent, ModelProvider } from './model.ts';
import type { Timeouts } from './watchdog.ts';

export { conformancePrompts, conformanceScript } from './conformance/prompts.ts';
export type { FaultWire } from './fault-server.ts';
export type { Timeouts } from './watchdog.ts';
export type { ConformancePrompts } from './conformance/prompts.ts';
export { testLedger } from './conformance/test-ledger.ts';
export { testLimitStore } from './conformance/test-limit-store.ts';
export type { BucketDemand, LimitDemand, LimitStore } from './limit-store.ts';
export type { Ledger, LedgerLine, Reservation } from './ledger.ts';
export type { Script, ScriptAnswer, ScriptCondition, ScriptReply } from './scripted/script.ts';
export type { FailureKind } from './model-error.ts';
export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { FinishReason, ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';

const apiKey = 'sk-conformance-0123456789';

/** A server that plays the service behind the provider. */
export interface TestService {
  readonly baseURL: string;
  close(): Promise<void>;
}

export interface ProviderTestOptions {
  /** The provider's own name of the model to ask. Default `conformance`. */
  readonly model?: string;
  /**
   * Which of the fault server's wires the provider speaks. The service is that server then, and the provider also has
   * to stand everything that can go wrong there.
   */
  readonly wire?: FaultWire;
  /** Starts a service of your own before the first test; it must answer `conformancePrompts` as they say. */
  start?(): Promise<TestService>;
}

/** What `create` has to use for the tests of faults. */
export interface ProviderTestSettings {
  readonly apiKey: string;
  readonly timeouts?: Timeouts;
}

/** Vitest tests that every provider must pass. `create` gets the base URL of the started service, or `''` without one. */
export function testProvider(
  name: string,
  create: (baseURL: string, settings: ProviderTestSettings) => ModelProvider | Promise<ModelProvider>,
  options: ProviderTestOptions = {},
): void {
  const { wire } = options;
  const start = wire === undefined ? options.start : () => startFaultServer({ wire, answers: answerPrompt });
  const model = options.model ?? 'conformance';
  const prompts = conformancePrompts;

  describe(`provider ${name}`, { timeout: 120_000 }, () => {
    let service: TestService | undefined;
    let provider: ModelProvider;
    beforeAll(async () => {
      service = await start?.();
      provider = await create(service?.baseURL ?? '', { apiKey });
    });
    afterAll(async () => {
      await service?.close();
    });

    test('says which version of the contract it implements, and its name', () => {
      expect(provider.specVersion).toBe(1);
      expect(provider.name).toMatch(/^[\w.-]+$/);
    });

    test('streams one start, then content and usage, then one finish, all of it plain JSON', async () => {
      const events = await readAll(provider, ask(prompts.text), { model });
      const types = events.map((event) => event.type);
      expect(types.filter((type) => type === 'start')).toHaveLength(1);
      expect(types[0]).toBe('start');
      expect(types.filter((type) => type === 'finish')).toHaveLength(1);
      expect(types.at(-1)).toBe('finish');
      expect(textOf(events)).not.toBe('');
      expect(JSON.parse(JSON.stringify(events))).toEqual(events);
    });

    test('names the model and the attempt in its start', async () => {
      const [start] = await readAll(provider, ask(prompts.text), { model, attempt: 3 });
      expect(start).toMatchObject({ type: 'start', model: expect.stringMatching(/./) as string, attempt: 3 });
    });

    test('reports usage in whole tokens, with the parts inside the sums', async () => {
      const events = await readAll(provider, ask(prompts.text), { model });
      expectUsage(events.findLast((event) => event.type === 'usage')?.usage);
    });

    test('releases each tool call once, with an id of its own and arguments that are parsed', async () => {
      const events = await readAll(provider, ask(prompts.tools, prompts.toolSpecs), { model });
      const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event] : []));
      expect(calls.map((call) => [call.name, call.arguments])).toEqual(prompts.toolCalls.map((call) => [call.name, call.arguments]));
      expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length);
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-calls' });
    });

    test('keeps two calls at once apart', async () => {
      const words = ['alpha', 'omega'] as const;
      const texts = await Promise.all(words.map(async (word) => textOf(await readAll(provider, ask(prompts.echo[word]), { model, key: word }))));
      expect(texts).toEqual([expect.stringContaining('alpha'), expect.stringContaining('omega')]);
      expect(texts[0]).not.toContain('omega');
    });

    test('ends when it is aborted in the middle of an answer, and answers the next call', async () => {
      const controller = new AbortController();
      const reading = readAll(provider, ask(prompts.slow), { model, signal: controller.signal }, () => controller.abort());
      await expect(reading).rejects.toThrow();
      expect(textOf(await readAll(provider, ask(prompts.text), { model }))).not.toBe('');
    });

    test('rejects a call whose signal is already aborted', async () => {
      await expect(readAll(provider, ask(prompts.slow), { model, signal: AbortSignal.abort() })).rejects.toThrow();
    });

    test('lets the reader leave in the middle of an answer', async () => {
      const controller = new AbortController();
      const call = { model, key: 'leave', attempt: 1, signal: controller.signal, onHeaders: () => undefined };
      const seen: ModelEvent[] = [];
      for await (const event of provider.stream(ask(prompts.slow), call)) {
        seen.push(event);
        if (event.type === 'text') break;
      }
      controller.abort();
      expect(seen.at(-1)?.type).toBe('text');
    });

    if (wire !== undefined) testWire((baseURL, settings) => create(baseURL, { apiKey, ...settings }), { wire, model, apiKey });
  });
}

function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.delta : '')).join('');
}
