import { constants, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { pino as Pino } from 'pino';
import type { Json } from '@fw/agents-core';
import type { JournalEntry } from '@fw/workflow';
import { logValue } from './log-value.ts';
import { placeEntry } from './run-projection.ts';
import type { RunWatch } from './run-watch.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggingOptions {
  /** Default `info`: what settled; `debug` also tells what begins. */
  readonly level?: LogLevel | undefined;
  /** `run` (default): `log.ndjson` in the folder of each run; `stderr`; or an absolute path, which all runs share. */
  readonly destination?: string | undefined;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** What waits to be written when the destination is slow; lines above it are dropped and counted. */
const mostWaitingBytes = 4 * 1024 * 1024;
const flushMs = 1_000;
const tailBytes = 16_384;

export interface RunLogOptions extends LoggingOptions {
  readonly folder: string;
  readonly run: string;
  readonly redact: (value: Json) => Json;
}

/**
 * The log of one run: each line with run, state, agent and step. It holds no content, only what happened where. A destination that is
 * slow loses lines, one that breaks loses the log; neither holds a run up or ends it.
 */
export async function createRunLog({ folder, run, redact, level = 'info', destination = 'run' }: RunLogOptions): Promise<RunWatch> {
  if (level === 'silent') return {};
  const file = destination === 'run' ? path.join(folder, 'log.ndjson') : destination;
  const { pino } = await import('pino');
  const sink = openSink(file, pino);
  if (sink === undefined) return {};
  // What is replayed stands there already; where that cannot be read, it is what is older than now.
  const known = destination === 'run' ? await lastSeq(file) : undefined;
  const takenUpAt = Date.now();
  const isNew = (entry: JournalEntry): boolean => (known === undefined ? entry.at >= takenUpAt : entry.seq > known);
  const logger = pino({ base: { run }, level, formatters: { log: (line) => logValue(line, redact) as { [key: string]: unknown } } }, sink);

  return {
    began({ key, name, state, visit, agent, attempt }) {
      if (level === 'debug') logger.debug({ state, visit, agent, step: name, key, attempt }, 'step began');
      return undefined;
    },
    settled(entry) {
      if (!isNew(entry)) return;
      const { state, visit, agent, step } = placeEntry(entry, undefined);
      const place = { state, visit, agent, step, seq: entry.seq, kind: entry.kind, origin: entry.origin, attempt: entry.attempt };
      if (entry.error) logger.warn({ ...place, error: entry.error }, 'step failed');
      else logger.info(place, 'step settled');
    },
    async closed(reason) {
      logger.info({ state: '', agent: '', step: '', reason }, 'run put down');
      if (sink.dropped() > 0) logger.warn({ state: '', agent: '', step: '', lines: sink.dropped() }, 'lines were dropped, because the destination of the log was slow');
      await sink.close();
    },
  };
}

interface Sink {
  write(line: string): void;
  dropped(): number;
  close(): Promise<void>;
}

/** Undefined where nothing can be written: a log is not worth a run. */
function openSink(file: string, pino: typeof Pino): Sink | undefined {
  let dropped = 0;
  let isBroken = false;
  let fd: number;
  try {
    fd = openFile(file);
  } catch {
    return undefined;
  }
  const stream = pino.destination({ dest: fd, sync: false, maxLength: mostWaitingBytes, retryEAGAIN: () => !isBroken });
  stream.on('error', () => { isBroken = true; });
  stream.on('drop', () => { dropped += 1; });
  return {
    write(line) {
      if (isBroken) return;
      stream.write(line);
    },
    dropped: () => dropped,
    close: () => new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        isBroken = true;
        stream.destroy();
        resolve();
      };
      const timer = setTimeout(end, flushMs);
      if (isBroken) return end();
      stream.once('error', end);
      stream.once('close', end);
      stream.end();
    }),
  };
}

/** Never waits: a pipe that nobody reads refuses at once, and one that is full says so instead of holding up the process. */
function openFile(file: string): number {
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NONBLOCK;
  if (file !== 'stderr') return openSync(file, flags, 0o600);
  try {
    return openSync('/proc/self/fd/2', constants.O_APPEND | constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return 2;
  }
}

/** Of the last whole line; 0 where there is none. */
async function lastSeq(file: string): Promise<number> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return 0;
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, tailBytes)), 0, Math.min(size, tailBytes), Math.max(0, size - tailBytes));
    const seqs = buffer.toString('utf8', 0, bytesRead).split('\n').flatMap((line) => {
      try {
        const { seq } = JSON.parse(line) as { readonly seq?: unknown };
        return typeof seq === 'number' ? [seq] : [];
      } catch {
        return [];
      }
    });
    return Math.max(0, ...seqs);
  } finally {
    await handle.close();
  }
}
