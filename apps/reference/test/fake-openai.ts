import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A chat completion request, as far as a player looks at it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters: unknown } }[];
}

interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string; readonly arguments: string } }[];
}

/** What the player says. Arguments that are text are sent as they are, so that they can be broken. */
export interface ChatAnswer {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: unknown }[];
  /** Answers with this HTTP status instead. */
  readonly status?: number;
}

export interface FakeOpenai {
  readonly baseURL: string;
  /** How often each request came, by the digest of its body. */
  readonly counts: ReadonlyMap<string, number>;
  received(): number;
  readonly requests: readonly ChatRequest[];
  close(): Promise<void>;
}

/** A server on loopback that speaks chat completions as OpenAI does: server-sent events, arguments in pieces, usage at the end. */
export async function startFakeOpenai(play: (request: ChatRequest) => ChatAnswer | Promise<ChatAnswer>): Promise<FakeOpenai> {
  const counts = new Map<string, number>();
  const requests: ChatRequest[] = [];
  const server = createServer((incoming, response) => {
    void handle(incoming, response).catch((error: unknown) => { response.destroy(error as Error); });
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    if (incoming.method !== 'POST' || incoming.url !== '/v1/chat/completions') return void response.writeHead(404).end();
    const request = JSON.parse(body) as ChatRequest;
    const digest = createHash('sha256').update(body).digest('hex');
    counts.set(digest, (counts.get(digest) ?? 0) + 1);
    requests.push(request);
    const answer = await play(request);
    if (answer.status !== undefined) {
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: 'no', type: 'invalid_request_error' } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const chunk of chunksOf(request, answer, digest)) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end('data: [DONE]\n\n');
  }

  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    baseURL: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`,
    counts,
    requests,
    received: () => requests.length,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

function chunksOf(request: ChatRequest, { text, toolCalls = [] }: ChatAnswer, digest: string): unknown[] {
  const head = { id: `chatcmpl-${digest.slice(0, 12)}`, object: 'chat.completion.chunk', created: 0, model: request.model };
  const delta = (part: unknown): unknown => ({ ...head, choices: [{ index: 0, delta: part, finish_reason: null }] });
  const calls = toolCalls.flatMap((call, index) => {
    const written = typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
    const middle = Math.floor(written.length / 2);
    return [
      delta({ tool_calls: [{ index, id: `call_${digest.slice(0, 8)}_${String(index)}`, type: 'function', function: { name: call.name, arguments: '' } }] }),
      delta({ tool_calls: [{ index, function: { arguments: written.slice(0, middle) } }] }),
      delta({ tool_calls: [{ index, function: { arguments: written.slice(middle) } }] }),
    ];
  });
  return [
    delta({ role: 'assistant', content: '' }),
    ...(text === undefined ? [] : [delta({ content: text })]),
    ...calls,
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: toolCalls.length > 0 ? 'tool_calls' : 'stop' }] },
    { ...head, choices: [], usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } },
  ];
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of incoming.setEncoding('utf8')) body += String(chunk);
  return body;
}
