import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import type { Json } from '@fw/agents-core';
import type { ModelResponse } from '@fw/models';
import type { JournalEntry } from '@fw/workflow';
import { createProcessMonitor } from '../../src/monitoring.ts';
import type { WatchedStep } from '../../src/run-watch.ts';
import { createInstruments } from '../../src/telemetry/instruments.ts';
import { traceRun } from '../../src/telemetry/trace-run.ts';
import type { TracedRun } from '../../src/telemetry/trace-run.ts';
import { startSdk } from './in-memory.ts';

const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 60, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 500 };
const answer = (names: readonly string[], text = ''): ModelResponse => ({
  text, reasoning: '', toolCalls: names.map((name, index) => ({ id: `call-${String(index)}`, name, arguments: {} })), message: { role: 'assistant', content: text }, finishReason: 'tool-calls', usage, model: 'gpt-5-0801',
  receipt: { key: 'k', attempts: [{ id: '1', model: 'openai/gpt-5', startedAt: 0, durationMs: 1, usage: { ...usage, outputTokens: 0 }, failure: { kind: 'server', message: '' } }, { id: '2', model: 'openai/gpt-5', startedAt: 0, durationMs: 1, usage }] },
});
const step = (name: string, number = 1, scope = ''): WatchedStep => ({
  key: `r1/implementation#1/developer#1/${scope}${name}#${String(number)}`, name, origin: name === 'model' ? 'model' : 'tool', state: 'implementation', visit: 1, agent: 'developer', attempt: 1,
  input: (name === 'model' ? { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'The key is canary-7f3a9c51.' }], maxOutputTokens: 9 } : { path: 'a.ts' }) as Json,
});
const leave = (output: object): JournalEntry => ({ run: 'r1', seq: 9, order: [], kind: 'step', key: 'r1/implementation#1/leave#1', at: 0, attempt: 1, origin: 'engine', output, previous: '', hash: '' }) as unknown as JournalEntry;

function start(content = false): { readonly run: TracedRun; readonly sdk: ReturnType<typeof startSdk>; spans(): ReadonlyMap<string, ReadableSpan> } {
  const sdk = startSdk();
  const redact = (value: Json): Json => JSON.parse(JSON.stringify(value).replaceAll('canary-7f3a9c51', '[redacted]')) as Json;
  const run = traceRun({ id: 'r1', workflow: 'software-delivery', goal: 'Do it.', folder: '', simulated: false, redact }, {
    api: sdk.api, tracer: sdk.api.trace.getTracer('t'), instruments: createInstruments(sdk.api.metrics.getMeter('t'), createProcessMonitor()), content, parent: ROOT_CONTEXT, links: [],
  });
  return { run, sdk, spans: () => new Map(sdk.spans().map((span) => [span.name, span])) };
}

const parentOf = (span: ReadableSpan | undefined): string | undefined => span?.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId;

describe('traceRun', () => {
  it('gives each call its parent, also when tools run side by side and a tool has steps of its own', () => {
    const { run, spans } = start();
    run.began(step('model')).ended({ output: answer(['read_file', 'search', 'read_file']) as unknown as Json });
    const [first, second, third] = [run.began(step('tool.read_file', 1)), run.began(step('tool.search')), run.began(step('tool.read_file', 2))];
    second.ended({ output: { ok: true, text: '' } });
    third.ended({ output: { ok: true, text: '' } });
    first.ended({ output: { ok: true, text: '' } });
    const end = run.entered({ key: 'r1/implementation#1/developer#1/tool.explore#1', tool: 'explore' })!;
    run.began(step('model', 1, 'tool.explore#1/')).ended({ output: answer([]) as unknown as Json });
    end();
    run.settled(leave({ outcome: 'done' }));
    run.closed('done');

    const found = spans();
    const workflow = found.get('invoke_workflow software-delivery');
    const agent = found.get('invoke_agent developer');
    expect(parentOf(workflow)).toBeUndefined();
    expect(parentOf(agent)).toBe(idOf(workflow));
    for (const tool of ['execute_tool read_file', 'execute_tool search', 'execute_tool explore']) expect(parentOf(found.get(tool))).toBe(idOf(agent));
    expect(parentOf(found.get('chat gpt-5'))).toBe(idOf(found.get('execute_tool explore')));
    expect([...found.values()].map(({ status }) => status.code)).toEqual([...found.values()].map(() => SpanStatusCode.UNSET));
    expect(new Set([...found.values()].map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('names things by the conventions, and which call of the model a tool answers', () => {
    const { run, sdk } = start();
    run.began(step('model')).ended({ output: answer(['read_file', 'read_file']) as unknown as Json });
    run.began(step('tool.read_file', 1)).ended({ output: { ok: true, text: '' } });
    run.began(step('tool.read_file', 2)).ended({ output: { ok: true, text: '' } });
    run.closed('done');
    const [chat, one, two] = sdk.spans();
    expect(chat).toMatchObject({ name: 'chat gpt-5', kind: SpanKind.CLIENT, attributes: {
      'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-5', 'gen_ai.response.model': 'gpt-5-0801', 'gen_ai.request.max_tokens': 9, 'gen_ai.conversation.id': 'r1',
      'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 20, 'gen_ai.usage.cache_read.input_tokens': 60, 'gen_ai.response.finish_reasons': ['tool-calls'], 'fw.model.attempts': 2,
    } });
    expect([one, two].map((span) => [span!.name, span!.kind, span!.attributes['gen_ai.operation.name'], span!.attributes['gen_ai.tool.call.id']]))
      .toEqual([['execute_tool read_file', SpanKind.INTERNAL, 'execute_tool', 'call-0'], ['execute_tool read_file', SpanKind.INTERNAL, 'execute_tool', 'call-1']]);
  });

  it('counts the tokens of every attempt, and measures durations, failed ones by their kind', async () => {
    const { run, sdk } = start();
    run.began(step('model')).ended({ output: answer([]) as unknown as Json });
    run.began(step('model', 2)).ended({ error: Object.assign(new Error('no'), { code: 'FW_MODEL_QUOTA' }) });
    run.ran({ program: 'node', exitCode: 1, timedOut: false, durationMs: 5, cpuMs: 4_000, peakMemoryBytes: 1_000, peakProcesses: 1, outputCharacters: 0, writtenBytes: 0 });
    run.closed('done');
    const metrics = await sdk.metrics();
    const tokens = metrics.get('gen_ai.client.token.usage')!;
    expect(tokens.map(({ attributes, value }) => [(attributes as { readonly [key: string]: unknown })['gen_ai.token.type'], (value as { readonly sum: number }).sum])).toEqual([['input', 200], ['output', 20]]);
    expect((tokens[0]!.value as { readonly buckets: { readonly boundaries: readonly number[] } }).buckets.boundaries.slice(0, 3)).toEqual([1, 4, 16]);
    const durations = metrics.get('gen_ai.client.operation.duration')!;
    expect(durations.map(({ attributes, value }) => [(attributes as { readonly [key: string]: unknown })['error.type'], (value as { readonly count: number }).count])).toEqual([[undefined, 1], ['FW_MODEL_QUOTA', 1]]);
    expect(metrics.get('fw.command.cpu_time')).toMatchObject([{ attributes: { 'fw.command.program': 'node', 'error.type': '1' }, value: { sum: 4 } }]);
    expect(metrics.get('process.memory.usage')![0]!.value).toBeGreaterThan(1_000_000);
  });

  it('says of what failed, or was cancelled, that it did, and ends what is open', () => {
    const { run, spans } = start();
    run.began(step('tool.run')).ended({ output: { ok: false, code: 'timeout', text: 'It took canary-7f3a9c51 too long.' } });
    run.began(step('model')).ended({ error: Object.assign(new Error('canary-7f3a9c51'), { code: 'FW_MODEL_SERVER' }) });
    run.began(step('tool.search'));
    run.closed('cancelled');
    const found = spans();
    const ofFailed = (code: string): object => ({ status: { code: SpanStatusCode.ERROR, message: code }, attributes: { 'error.type': code } });
    expect(found.get('execute_tool run')).toMatchObject(ofFailed('timeout'));
    expect(found.get('chat')).toMatchObject(ofFailed('FW_MODEL_SERVER'));
    for (const name of ['execute_tool search', 'invoke_agent developer', 'invoke_workflow software-delivery']) expect(found.get(name)).toMatchObject(ofFailed('FW_WORKFLOW_CANCELLED'));
  });

  it('gives the agent and the run the code that the state ended with', () => {
    const { run, spans } = start();
    run.began(step('model')).ended({ output: answer([]) as unknown as Json });
    run.settled(leave({ outcome: 'failed', code: 'FW_LOOP_STUCK', message: 'canary' }));
    run.closed('failed');
    for (const name of ['invoke_agent developer', 'invoke_workflow software-delivery']) expect(spans().get(name)).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: 'FW_LOOP_STUCK' } });
  });

  it('holds contents only when asked, and then without secrets', () => {
    for (const content of [false, true]) {
      const { run, sdk } = start(content);
      run.began(step('model')).ended({ output: answer(['read_file'], 'Here is canary-7f3a9c51.') as unknown as Json });
      run.began(step('tool.read_file')).ended({ output: { ok: true, text: 'canary-7f3a9c51' } });
      run.closed('done');
      const text = JSON.stringify(sdk.spans().map(({ attributes }) => attributes));
      expect(text.includes('Be brief.')).toBe(content);
      expect(text.includes('gen_ai.tool.call.result')).toBe(content);
      expect(text.includes('[redacted]')).toBe(content);
      expect(text).not.toContain('canary-7f3a9c51');
    }
  });

  it('has a step run inside of its span, so that what a client traces is its child', async () => {
    const { run, sdk } = start();
    const chat = run.began(step('model'));
    await chat.within(async () => {
      await Promise.resolve();
      sdk.api.trace.getTracer('client').startSpan('POST').end();
    });
    chat.ended({ output: answer([]) as unknown as Json });
    run.closed('done');
    const [post, span] = sdk.spans();
    expect(post).toMatchObject({ name: 'POST', parentSpanContext: { spanId: idOf(span) } });
    expect(trace.getSpan(context.active())).toBeUndefined();
  });
});
