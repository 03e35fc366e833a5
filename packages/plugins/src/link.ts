import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { Json } from './json.ts';

/**
 * One end of a connection on which both ends call each other. Frames have a length and are bounded; each call is
 * answered once; only so many calls are open at a time, which is the credit of whoever sends them.
 */
export interface Link {
  /** Rejects with LinkError: what the other end answered, `FW_LINK_ABORTED`, or why the link was closed. */
  call(channel: number, method: string, input: Json, signal?: AbortSignal): Promise<Json>;
  /** Channels with calls that were sent and not answered; after the end, at the end. */
  busy(): ReadonlySet<number>;
  close(error: LinkError): void;
  readonly closed: Promise<LinkError>;
  /** Why it is closed. */
  readonly failure: LinkError | undefined;
}

export interface LinkOptions {
  readonly stream: Duplex;
  /** Answers a call of the other end. What it throws is the answer, by its `code` and `message`. */
  handle(channel: number, method: string, input: Json, signal: AbortSignal): Promise<Json>;
}

/** A call that failed, or a connection that did. */
export class LinkError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const maximumFrameBytes = 8_388_608;
const mostOpenCalls = 64;
const mostAbandoned = 1_024;
const mostWaiting = 100_000;
const maximumUnsentBytes = 4 * maximumFrameBytes;
const deepest = 100;

const kinds = { call: 0, value: 1, error: 2, abort: 3 } as const;

interface OpenCall {
  readonly channel: number;
  settle(error: LinkError | undefined, value: Json): void;
}

// A plugin beside us may replace them later.
const { parse, stringify } = JSON;

export function createLink({ stream, handle }: LinkOptions): Link {
  const open = new Map<number, OpenCall>();
  const abandoned = new Set<number>();
  const inbound = new Map<number, AbortController>();
  const waiting: (() => void)[] = [];
  let nextId = 1;
  let lastInbound = 0;
  let calls = 0;
  let aborts = 0;
  let failure: LinkError | undefined;
  let busyAtEnd: ReadonlySet<number> | undefined;
  let tellClosed: (error: LinkError) => void = () => {};
  const closed = new Promise<LinkError>((resolve) => { tellClosed = resolve; });

  const busy = (): ReadonlySet<number> => new Set([...open.values()].map(({ channel }) => channel));

  const close = (error: LinkError): void => {
    if (failure) return;
    failure = error;
    busyAtEnd = busy();
    for (const call of [...open.values()]) call.settle(error, null);
    open.clear();
    for (const start of waiting.splice(0)) start();
    for (const controller of inbound.values()) controller.abort(error);
    stream.destroy();
    tellClosed(error);
  };
  const violation = (what: string): void => close(new LinkError('FW_LINK_PROTOCOL', what));

  const send = (frame: readonly unknown[]): void => {
    if (failure) return;
    const body = Buffer.from(stringify(frame), 'utf8');
    if (body.length > maximumFrameBytes) throw new LinkError('FW_LINK_TOO_LARGE', `it has ${body.length} bytes; at most ${maximumFrameBytes} are taken`);
    const head = Buffer.allocUnsafe(4);
    head.writeUInt32BE(body.length);
    stream.write(body.length < 65_536 ? Buffer.concat([head, body]) : head);
    if (body.length >= 65_536) stream.write(body);
    if (stream.writableLength > maximumUnsentBytes) violation('it does not read what it is sent');
  };

  const answer = async (id: number, channel: number, method: string, input: Json): Promise<void> => {
    const controller = new AbortController();
    inbound.set(id, controller);
    try {
      const value = (await handle(channel, method, input, controller.signal)) ?? null;
      inbound.delete(id);
      // Throws before anything of it is sent: for what is no JSON, or too large.
      send([kinds.value, id, value]);
    } catch (error) {
      inbound.delete(id);
      send([kinds.error, id, describeError(error)]);
    }
  };

  const release = (): void => {
    while (waiting.length > 0 && open.size < mostOpenCalls) waiting.shift()?.();
  };

  const receive = (text: string): void => {
    let frame: unknown;
    try {
      frame = parseFrame(text);
    } catch (error) {
      return violation(`it sent what is no message: ${(error as Error).message}`);
    }
    const [kind, id, ...rest] = Array.isArray(frame) ? (frame as unknown[]) : [];
    if (!Number.isSafeInteger(id)) return violation('it sent a message without an id');
    const known = id as number;
    if (kind === kinds.call) {
      const [channel, method, input] = rest;
      if (rest.length !== 3 || !Number.isSafeInteger(channel) || typeof method !== 'string' || method.length > 64) return violation('it sent a call that is none');
      if (known <= lastInbound) return violation(`it used the id ${known} twice`);
      if (inbound.size >= mostOpenCalls) return violation(`it has more than ${mostOpenCalls} calls open`);
      lastInbound = known;
      calls += 1;
      void answer(known, channel as number, method, input as Json);
    } else if (kind === kinds.value || kind === kinds.error) {
      if (abandoned.delete(known)) return undefined;
      const call = open.get(known);
      if (rest.length !== 1 || call === undefined) return violation(`it answered the call ${known}, which is not open`);
      open.delete(known);
      call.settle(kind === kinds.error ? readError(rest[0]) : undefined, rest[0] as Json);
      release();
    } else if (kind === kinds.abort && rest.length === 0) {
      aborts += 1;
      if (aborts > calls) return violation('it aborts more calls than it makes');
      inbound.get(known)?.abort(new LinkError('FW_LINK_ABORTED', 'The caller aborted this call.'));
    } else violation('it sent a message of an unknown kind');
    return undefined;
  };

  readFrames(stream, receive, violation);
  stream.on('error', (error) => close(new LinkError('FW_LINK_CLOSED', error.message)));
  stream.on('close', () => close(new LinkError('FW_LINK_CLOSED', 'the connection was closed')));

  return {
    closed,
    close,
    get failure() {
      return failure;
    },
    busy: () => busyAtEnd ?? busy(),
    call: (channel, method, input, signal) => new Promise<Json>((resolve, reject) => {
      const aborted = (): LinkError => new LinkError('FW_LINK_ABORTED', 'The call was aborted.');
      let id: number | undefined;
      const abort = (): void => {
        if (id === undefined) return settle(aborted(), null);
        open.delete(id);
        abandoned.add(id);
        settle(aborted(), null);
        send([kinds.abort, id]);
        release();
        if (abandoned.size > mostAbandoned) violation('it does not answer what was aborted');
      };
      const settle = (error: LinkError | undefined, value: Json): void => {
        signal?.removeEventListener('abort', abort);
        if (error) reject(error);
        else resolve(value);
      };
      const start = (): void => {
        if (failure) return settle(failure, null);
        if (signal?.aborted) return settle(aborted(), null);
        id = nextId;
        nextId += 1;
        open.set(id, { channel, settle });
        try {
          send([kinds.call, id, channel, method, input]);
        } catch (error) {
          open.delete(id);
          settle(error as LinkError, null);
        }
      };
      signal?.addEventListener('abort', abort, { once: true });
      if (open.size < mostOpenCalls) start();
      else if (waiting.length < mostWaiting) waiting.push(start);
      else settle(new LinkError('FW_LINK_BUSY', `${mostWaiting} calls wait already`), null);
    }),
  };
}

/** Splits the stream at its lengths, without keeping more than one frame. */
function readFrames(stream: Duplex, receive: (text: string) => void, violation: (what: string) => void): void {
  let chunks: Buffer[] = [];
  let have = 0;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    have += chunk.length;
    while (have >= 4) {
      if ((chunks[0] as Buffer).length < 4) chunks = [Buffer.concat(chunks)];
      const length = (chunks[0] as Buffer).readUInt32BE(0);
      if (length > maximumFrameBytes) return violation(`it sent a message of ${length} bytes; at most ${maximumFrameBytes} are taken`);
      if (have < 4 + length) return undefined;
      const all = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      chunks = all.length === 4 + length ? [] : [all.subarray(4 + length)];
      have -= 4 + length;
      receive(all.toString('utf8', 4, 4 + length));
    }
    return undefined;
  });
}

/** Plain JSON that is not nested so deep that reading it again could fail, and that sets no prototype wherever it is copied to. */
function parseFrame(text: string): unknown {
  const value: unknown = text.includes('"__proto__"') ? parse(text, (key, member: unknown) => (key === '__proto__' ? undefined : member)) : parse(text);
  if (text.length > deepest && isDeep(value, deepest)) throw new Error(`it is nested more than ${deepest} deep`);
  return value;
}

function isDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  for (const member of Array.isArray(value) ? value : Object.values(value)) if (isDeep(member, left - 1)) return true;
  return false;
}

function describeError(error: unknown): { readonly code: string; readonly message: string } {
  const read = (name: 'code' | 'message'): string | undefined => {
    try {
      const value = (error as { readonly [key in typeof name]?: unknown } | null)?.[name];
      return typeof value === 'string' ? value.slice(0, 2_000) : undefined;
    } catch {
      return undefined;
    }
  };
  return { code: read('code') ?? 'FW_LINK_FAILED', message: read('message') ?? (typeof error === 'string' ? error.slice(0, 2_000) : 'a value that cannot be read was thrown') };
}

function readError(value: unknown): LinkError {
  const { code, message } = typeof value === 'object' && value !== null ? (value as { readonly code?: unknown; readonly message?: unknown }) : {};
  return new LinkError(typeof code === 'string' ? code.slice(0, 128) : 'FW_LINK_FAILED', typeof message === 'string' ? message.slice(0, 2_000) : 'it failed without saying why');
}
