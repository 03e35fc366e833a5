import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Bytes } from './received.ts';

/** As much may wait for its reader before the server is asked to wait. */
const maxWaitingBytes = 64 * 1024;

type Read = IteratorResult<Uint8Array, undefined>;
const over: Read = { value: undefined, done: true };

/** The body of an answer as it arrives, decompressed when it is compressed though nobody asked for that. `release` is called at its end. */
export function bodyOf(message: IncomingMessage, release: () => void): Bytes {
  const source = decompressed(message);
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let reader: { readonly resolve: (read: Read) => void; readonly reject: (error: Error) => void } | undefined;
  let ended: { readonly error?: Error } | undefined;

  const end = (how: { readonly error?: Error }): void => {
    if (ended !== undefined) return;
    ended = how;
    release();
    if (how.error === undefined) reader?.resolve(over);
    else reader?.reject(how.error);
    reader = undefined;
  };
  source.on('data', (piece: Uint8Array) => {
    if (reader !== undefined) {
      const { resolve } = reader;
      reader = undefined;
      resolve({ value: piece, done: false });
      return;
    }
    waiting.push(piece);
    waitingBytes += piece.byteLength;
    if (waitingBytes > maxWaitingBytes) source.pause();
  });
  source.on('end', () => end({}));
  source.on('error', (error: Error) => end({ error }));
  source.on('close', () => end({ error: new Error('The connection was closed') }));

  return {
    next() {
      const piece = waiting.shift();
      if (piece !== undefined) {
        waitingBytes -= piece.byteLength;
        if (waitingBytes === 0 && source.isPaused()) source.resume();
        return Promise.resolve({ value: piece, done: false });
      }
      if (ended === undefined) return new Promise((resolve, reject) => { reader = { resolve, reject }; });
      return ended.error === undefined ? Promise.resolve(over) : Promise.reject(ended.error);
    },
    return() {
      if (ended === undefined) {
        end({});
        message.destroy();
      }
      waiting.length = 0;
      return Promise.resolve(over);
    },
  };
}

function decompressed(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding'];
  const decoder = encoding === undefined ? undefined : decoderFor(encoding.trim().toLowerCase());
  if (decoder === undefined) return message;
  message.on('error', (error) => decoder.destroy(error));
  decoder.on('close', () => message.destroy());
  return message.pipe(decoder);
}

function decoderFor(encoding: string): zlib.Gunzip | undefined {
  // Each piece is passed on as soon as it can be read, and an end that is cut off counts as cut off.
  if (encoding === 'gzip' || encoding === 'x-gzip') return zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH });
  if (encoding === 'deflate') return zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH });
  return encoding === 'br' ? zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }) : undefined;
}
