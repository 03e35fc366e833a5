import { setTimeout as delay } from 'node:timers/promises';
import type { Json } from '@fw/workflow';
import { WorkflowError } from '@fw/workflow';
import { readProblem } from './read-problem.ts';

export interface RestateAddress {
  /** Where Restate takes calls; default http://127.0.0.1:8080. */
  readonly ingressUrl?: string;
  /** Where Restate is administered; default http://127.0.0.1:9070. */
  readonly adminUrl?: string;
  /** Sent with every request to both, such as an authorization. */
  readonly headers?: { readonly [name: string]: string };
  /** How long a request may take, tries included; default 10,000 ms. */
  readonly requestTimeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const RETRY_MS = 200;
/** Of a node that is starting, or that looks for the leader of a partition. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** What the engine asks a Restate server for. Every request may be sent twice without harm, so what fails in passing is tried again. */
export class RestateClient {
  readonly #ingress: string;
  readonly #admin: string;
  readonly #headers: { readonly [name: string]: string };
  readonly #timeoutMs: number;
  readonly #service: string;

  constructor(service: string, address: RestateAddress) {
    this.#ingress = baseOf('ingressUrl', address.ingressUrl ?? 'http://127.0.0.1:8080');
    this.#admin = baseOf('adminUrl', address.adminUrl ?? 'http://127.0.0.1:9070');
    this.#headers = address.headers ?? {};
    this.#timeoutMs = address.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#service = service;
  }

  /** Begins the run, once: a run that there is already is left alone. Gives the id of its invocation. */
  async begin(run: string): Promise<string> {
    const { invocationId } = await this.#call(run, 'run/send', {}) as { readonly invocationId: string };
    return invocationId;
  }

  /** The invocation of a run that was begun; nothing before. */
  async find(run: string): Promise<string | undefined> {
    const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
    const query = `select id from sys_invocation where target_service_name = ${quote(this.#service)} and target_service_key = ${quote(run)} and target_handler_name = 'run'`;
    const { rows } = await this.#request(`${this.#admin}/query`, 'POST', { query }) as { readonly rows: readonly { readonly id: string }[] };
    return rows[0]?.id;
  }

  /** Calls a shared handler of the run. @throws WorkflowError `FW_SIGNAL_ANSWERED` when it answers 409. */
  async tell(run: string, handler: 'answer' | 'cancel', body: Json): Promise<void> {
    await this.#call(run, handler, body);
  }

  /** Registers what serves at that address as the newest version; again changes nothing. */
  async register(uri: string): Promise<void> {
    await this.#request(`${this.#admin}/deployments`, 'POST', { uri, force: false });
  }

  /** Tries an invocation again at once that is paused, suspended or waits to be tried again; any other one is left alone. */
  async resume(invocation: string, deployment?: 'Latest'): Promise<void> {
    const query = deployment === undefined ? '' : `?deployment=${deployment}`;
    await this.#request(`${this.#admin}/invocations/${invocation}/resume${query}`, 'PATCH', undefined, [404, 409, 425]);
  }

  /** Ends an invocation at once, without its code. */
  async kill(invocation: string): Promise<void> {
    await this.#request(`${this.#admin}/invocations/${invocation}/kill`, 'PATCH', undefined, [404, 409]);
  }

  #call(run: string, handler: string, body: Json): Promise<unknown> {
    return this.#request(`${this.#ingress}/${this.#service}/${encodeURIComponent(run)}/${handler}`, 'POST', body);
  }

  async #request(url: string, method: string, body: Json | undefined, ignored: readonly number[] = []): Promise<unknown> {
    const until = performance.now() + this.#timeoutMs;
    for (;;) {
      const left = Math.max(1, Math.ceil(until - performance.now()));
      const answer = await this.#try(url, method, body, left);
      const isPassing = 'problem' in answer || PASSING.has(answer.status);
      if (isPassing && performance.now() + RETRY_MS < until) {
        await delay(RETRY_MS);
        continue;
      }
      if ('problem' in answer) {
        throw new WorkflowError('FW_RESTATE_UNREACHABLE', { message: `Restate does not answer at ${url}: ${answer.problem}. Tried for ${this.#timeoutMs} ms. Start a server (npx @restatedev/restate-server), or name the one that runs.`, cause: answer.cause, retryable: true });
      }
      if (answer.status < 300) return answer.text === '' ? undefined : JSON.parse(answer.text) as unknown;
      if (ignored.includes(answer.status)) return undefined;
      throw readProblem({ ...answer, url, service: this.#service });
    }
  }

  async #try(url: string, method: string, body: Json | undefined, timeoutMs: number): Promise<{ readonly status: number; readonly text: string } | { readonly problem: string; readonly cause: unknown }> {
    try {
      const response = await fetch(url, {
        method, signal: AbortSignal.timeout(timeoutMs), redirect: 'error',
        headers: { accept: 'application/json', ...this.#headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      const { message, cause: inner } = cause as Error & { readonly cause?: { readonly message?: string; readonly code?: string } };
      return { problem: inner?.code ?? inner?.message ?? message, cause };
    }
  }
}

function baseOf(name: string, text: string): string {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.search !== '' || url.hash !== '') {
    throw new WorkflowError('FW_RESTATE_CONFIG', { message: `${name} ${JSON.stringify(text)} is not the address of a server: give a URL such as http://127.0.0.1:8080.` });
  }
  return url.href.replace(/\/+$/, '');
}
