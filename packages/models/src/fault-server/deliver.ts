import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultTransport } from './answer.ts';

/** How far an answer got. */
export interface Delivery {
  /** Bytes that were written, of those the whole answer has. */
  readonly written: number;
  readonly total: number;
}

/** Writes events with everything that is to go wrong with their bytes. */
export async function deliver(response: ServerResponse, events: readonly string[], how: FaultTransport): Promise<Delivery> {
  const parts = events.map((event) => Buffer.from(how.crlf === true ? event.replaceAll('\n', '\r\n') : event));
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const end = Math.min(how.cutAt ?? total, how.endAt ?? total, how.stallAt ?? total, total);
  response.flushHeaders();
  let written = 0;
  for (const [index, part] of parts.entries()) {
    if (written >= end || response.destroyed) break;
    if (index > 0 && how.gapMs !== undefined) await sleep(how.gapMs);
    const whole = part.subarray(0, end - written);
    for (let from = 0; from < whole.length && !response.destroyed; from += how.chunkBytes ?? whole.length) {
      const piece = whole.subarray(from, from + (how.chunkBytes ?? whole.length));
      await write(response, piece);
      written += piece.length;
    }
  }
  if (how.cutAt !== undefined && how.cutAt <= total) response.destroy();
  else if (how.stallAt === undefined && how.keepOpen !== true) response.end();
  return { written, total };
}

/** Resolves when the piece left, or when nobody is there any more. */
function write(response: ServerResponse, piece: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    response.write(piece, done);
  });
}
