// What a streamed chunk costs this process, beside a hand-written loop, the openai SDK and the AI SDK:
//   node --conditions=@fw/source bench/streaming.bench.ts
// Each way runs in processes of its own, so that none pays for the garbage of another.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { createModelRegistry } from '../src/index.ts';
import { openai } from '../src/openai.ts';
import { loadPeer } from './load-peer.ts';

const chunks = 200;
const turns = 40;
const rounds = 9;
const repetitions = 5;
const messages = [{ role: 'user' as const, content: 'Go on.' }];

const [way, port] = process.argv.slice(2);
const baseURL = `http://127.0.0.1:${port ?? ''}/v1`;

const client = new OpenAI({ apiKey: 'unused', baseURL, maxRetries: 0 });
const registry = createModelRegistry({
  providers: [openai({ baseURL })],
  models: { a: { use: 'openai/m', limits: { requestsPerMinute: 1_000_000 } } },
  cards: { 'openai/m': { price: { usdPerMillion: { input: 1, output: 2 } } } },
  budgets: { run: { usd: 1_000 } },
});
const aiSdk = async (): Promise<() => AsyncIterable<string>> => {
  const { streamText } = await loadPeer<{ streamText(options: object): { readonly textStream: AsyncIterable<string> } }>('ai');
  const { createOpenAICompatible } = await loadPeer<{ createOpenAICompatible(options: object): (name: string) => object }>('@ai-sdk/openai-compatible');
  const compatible = createOpenAICompatible({ name: 'bench', baseURL });
  return () => streamText({ model: compatible('m'), messages, maxRetries: 0 }).textStream;
};
const peer = way === 'AI SDK' ? await aiSdk() : undefined;

const ways: { readonly [name: string]: () => Promise<string> } = {
  async fetch() {
    const response = await fetch(`${baseURL}/chat/completions`, { method: 'POST', body: JSON.stringify({ model: 'm', messages, stream: true }) });
    const decoder = new TextDecoder();
    let [rest, text] = ['', ''];
    for await (const bytes of response.body ?? []) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data: {')) continue;
        text += (JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? '';
      }
    }
    return text;
  },
  async 'openai SDK'() {
    let text = '';
    for await (const chunk of await client.chat.completions.create({ model: 'm', messages, stream: true, stream_options: { include_usage: true } })) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  },
  async 'AI SDK'() {
    let text = '';
    for await (const delta of peer?.() ?? []) text += delta;
    return text;
  },
  async fw() {
    let text = '';
    for await (const event of registry.get('a').stream({ messages }, { scope: { run: 'r' } })) if (event.type === 'text') text += event.delta;
    return text;
  },
};

if (way === undefined) await compare();
else console.log(await measure(way));

/** Microseconds of CPU a chunk, the median of some rounds. */
async function measure(name: string): Promise<number> {
  const samples: number[] = [];
  for (let round = -3; round < rounds; round += 1) {
    const before = process.cpuUsage();
    for (let count = 0; count < turns; count += 1) if (((await ways[name]?.()) ?? '').length < chunks * 5) throw new Error(`${name} lost a part of the answer.`);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) samples.push((user + system) / turns / chunks);
  }
  return median(samples);
}

async function compare(): Promise<void> {
  const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('./stream-server.ts', import.meta.url)), String(chunks)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said] = (await once(server.stdout.setEncoding('utf8'), 'data')) as [string];
  const names = Object.keys(ways);
  const runs = Array.from({ length: repetitions }, () => names.map((name) => (
    Number(execFileSync(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), name, said.trim()], { encoding: 'utf8' }))
  )));
  for (const [index, who] of names.entries()) {
    const value = median(runs.map((run) => run[index] ?? Number.NaN));
    // Against the SDK of the same repetition: a busy machine slows both.
    const ratio = median(runs.map((run) => (run[index] ?? Number.NaN) / (run[names.indexOf('openai SDK')] ?? Number.NaN)));
    console.log(JSON.stringify({ work: `streaming, ${chunks} chunks a turn, CPU a chunk`, who, value: Math.round(value * 10) / 10, unit: 'µs', ratio: Math.round(ratio * 100) / 100, ...(who === 'fw' ? { ratioAtMost: 1.2 } : {}) }));
  }
  server.stdin.end();
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
