import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { anthropicWire } from './fault-server/anthropic.ts';
import type { FaultAnswer, FaultError } from './fault-server/answer.ts';
import { createBucket } from './fault-server/bucket.ts';
import { deliver } from './fault-server/deliver.ts';
import { googleWire } from './fault-server/google.ts';
import { openaiChatWire } from './fault-server/openai-chat.ts';
import { openaiResponsesWire } from './fault-server/openai-responses.ts';
import { settleContent } from './fault-server/settle-content.ts';
import type { Wire } from './fault-server/wire.ts';
import type { JsonObject } from './json.ts';

export { findWireProblems } from './fault-server/find-wire-problems.ts';
export type { FaultAnswer, FaultContent, FaultError, FaultToolCall, FaultTransport, ServedUsage } from './fault-server/answer.ts';
export type { Json, JsonObject } from './json.ts';
export type { FinishReason } from './model.ts';
export type { FailureKind } from './model-error.ts';

export type FaultWire = 'openai-chat' | 'openai-responses' | 'anthropic' | 'google';

export interface FaultServerOptions {
  /** Whose words the server speaks. */
  readonly wire: FaultWire;
  /** The answers in the order of the requests, the last one again for all that follow; or chosen by the request. */
  readonly answers: FaultAnswer | readonly FaultAnswer[] | ((request: FaultRequest) => FaultAnswer | Promise<FaultAnswer>);
  /** Keys that are let in; all others are refused. Default: every key and none. */
  readonly apiKeys?: readonly string[];
  readonly limits?: FaultLimits;
}

/** What each key may use. What is over is refused as this service refuses it, and does not count. */
export interface FaultLimits {
  readonly requestsPerSecond?: number;
  /** How many requests an idle key has saved up. Default: those of one second. */
  readonly requestBurst?: number;
  readonly tokensPerSecond?: number;
  readonly tokenBurst?: number;
}

/** A request as the server saw it. */
export interface FaultRequest {
  /** 0 for the first request of this server. */
  readonly number: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
  readonly apiKey: string;
  readonly model: string;
  /** The text of the last message. */
  readonly text: string;
  /** Resolves to whether the client left before the answer was complete, when the answer is over either way. */
  readonly leftEarly: Promise<boolean>;
}

/** What one key has used, by the server's own count. */
export interface FaultBill {
  readonly requests: number;
  /** Requests that were let in. */
  readonly admitted: number;
  /** Requests that were over a limit. */
  readonly refused: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface FaultServer {
  /** What a provider of this wire takes as its `baseURL`. */
  readonly baseURL: string;
  readonly requests: readonly FaultRequest[];
  /** By key. An answer is billed when it is over: whole, or its input and the part of the output that was sent. */
  bill(): { readonly [apiKey: string]: FaultBill };
  close(): Promise<void>;
}

const wires: { readonly [Name in FaultWire]: Wire } = {
  'openai-chat': openaiChatWire,
  'openai-responses': openaiResponsesWire,
  anthropic: anthropicWire,
  google: googleWire,
};
const nothing: FaultBill = { requests: 0, admitted: 0, refused: 0, inputTokens: 0, outputTokens: 0 };

/** Starts a model service on loopback that says and breaks exactly what it is told to. It always streams. */
export async function startFaultServer(options: FaultServerOptions): Promise<FaultServer> {
  const wire = wires[options.wire];
  const requests: FaultRequest[] = [];
  const bills = new Map<string, FaultBill>();
  const admissions = new Map<string, Admission>();

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(wire, incoming, response, requests.length);
    const book = (more: Partial<FaultBill>): void => {
      const bill = bills.get(request.apiKey) ?? nothing;
      bills.set(request.apiKey, Object.fromEntries(Object.entries(bill).map(([name, value]) => [name, value + (more[name as keyof FaultBill] ?? 0)])) as unknown as FaultBill);
    };
    const refuse = (error: FaultError, headers: FaultAnswer['headers'] = {}): void => sendError(wire, response, error, headers);
    requests.push(request);
    book({ requests: 1 });
    if (!wire.accepts(request.path)) return refuse({ failure: 'invalid', status: 404, message: `No such path: ${request.path}` });
    if (options.apiKeys?.includes(request.apiKey) === false) return refuse({ failure: 'auth' });
    const answer = await chooseAnswer(options.answers, request);
    if (answer.delayMs !== undefined) await sleep(answer.delayMs, undefined, { ref: false });
    const { content, usage } = settleContent(answer, request);
    let limitHeaders: FaultAnswer['headers'] = {};
    if (options.limits !== undefined) {
      const admission = admissions.get(request.apiKey) ?? createAdmission(options.limits);
      admissions.set(request.apiKey, admission);
      const admitted = admission.ask(usage.inputTokens + usage.outputTokens);
      limitHeaders = wire.limitHeaders(admission.state());
      if (!admitted.taken) {
        book({ refused: 1 });
        return refuse({ failure: 'rate-limit', retryAfterMs: admitted.waitMs }, { ...limitHeaders, ...answer.headers });
      }
    }
    const headers = { ...limitHeaders, ...answer.headers };
    if (answer.error !== undefined) return refuse(answer.error, headers);
    book({ admitted: 1 });
    if (answer.raw !== undefined) {
      response.writeHead(answer.raw.status ?? 200, { 'content-type': answer.raw.contentType ?? 'text/event-stream', ...headers });
      await deliver(response, [answer.raw.body], answer);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
    const { written, total } = await deliver(response, decorate(wire, wire.events(content), answer), answer);
    book({ inputTokens: usage.inputTokens, outputTokens: Math.ceil(usage.outputTokens * (total === 0 ? 1 : written / total)) });
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      // A handler that throws is a mistake of the test: said where its author looks.
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`The fault server's answer failed: ${String(error)}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}${wire.basePath}`,
    requests,
    bill: () => Object.fromEntries(bills),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readRequest(wire: Wire, incoming: IncomingMessage, response: ServerResponse, number: number): Promise<FaultRequest> {
  const leftEarly = new Promise<boolean>((resolve) => response.once('close', () => resolve(!response.writableFinished)));
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const body = JSON.parse(Buffer.concat(parts).toString() || '{}') as JsonObject;
  const path = incoming.url ?? '';
  const { headers } = incoming;
  return { number, path, headers, body, apiKey: wire.keyOf(headers), model: wire.modelOf(path, body), text: wire.lastText(body), leftEarly };
}

async function chooseAnswer(answers: FaultServerOptions['answers'], request: FaultRequest): Promise<FaultAnswer> {
  if (typeof answers === 'function') return answers(request);
  const list = Array.isArray(answers) ? (answers as readonly FaultAnswer[]) : [answers as FaultAnswer];
  return list[request.number] ?? list.at(-1) ?? {};
}

function decorate(wire: Wire, events: readonly string[], answer: FaultAnswer): readonly string[] {
  const said = answer.errorEvent === undefined ? events : [...events, wire.errorEvent(answer.errorEvent)];
  const edited = answer.edit?.(said) ?? said;
  const before = `${answer.comments === true ? ': keep-alive\n' : ''}`;
  return edited.map((event) => `${answer.unknownEvents === true ? wire.unknownEvent : ''}${before}${event}`);
}

function sendError(wire: Wire, response: ServerResponse, error: FaultError, headers: FaultAnswer['headers']): void {
  const said = wire.error(error);
  response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers, ...headers });
  response.end(JSON.stringify(said.body));
}

interface Admission {
  ask(tokens: number): { readonly taken: true } | { readonly taken: false; readonly waitMs: number };
  state(): Parameters<Wire['limitHeaders']>[0];
}

function createAdmission({ requestsPerSecond, requestBurst, tokensPerSecond, tokenBurst }: FaultLimits): Admission {
  const requests = requestsPerSecond === undefined ? undefined : createBucket(requestsPerSecond, requestBurst ?? requestsPerSecond);
  const tokens = tokensPerSecond === undefined ? undefined : createBucket(tokensPerSecond, tokenBurst ?? tokensPerSecond);
  return {
    ask(amount) {
      // All or nothing: what tokens refuse takes no request.
      if (tokens?.fits(amount) === false) return tokens.take(amount);
      const admitted = requests?.take(1) ?? { taken: true };
      if (admitted.taken) tokens?.take(amount);
      return admitted;
    },
    state: () => ({ ...(requests === undefined ? {} : { requests: requests.state() }), ...(tokens === undefined ? {} : { tokens: tokens.state() }) }),
  };
}
