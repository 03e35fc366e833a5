// Copied beside the reporters into the project's own run: it may import only from Node.
import { createHmac } from 'node:crypto';
import { appendFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes lines that only this process can write: each carries a code made of a secret, the line before and itself. The
 * secret comes by standard input, which the processes that tests run in do not share. Undefined outside of a run of ours.
 */
export function createSignedLines(): ((event: object) => void) | undefined {
  const folder = process.env['FW_TEST_RESULTS'];
  if (folder === undefined) return undefined;
  // Processes started from here on need not know where results go.
  delete process.env['FW_TEST_RESULTS'];
  const secret = readSecret();
  const file = join(folder, `events-${process.pid}-${process.hrtime.bigint()}.jsonl`);
  let last = '';
  return (event) => {
    const text = JSON.stringify(event);
    last = signLine(secret, last, text);
    appendFileSync(file, `${last} ${text}\n`);
  };
}

/** The code of a line after the line whose code is `last`. */
export function signLine(secret: string, last: string, text: string): string {
  return createHmac('sha256', secret).update(`${last} ${text}`).digest('hex');
}

/** Length of the secret with the line end after it; several runners of one command take one each. */
export const secretLength = 65;

function readSecret(): string {
  const bytes = Buffer.alloc(secretLength);
  let length = 0;
  try {
    while (length < secretLength) {
      const read = readSync(0, bytes, length, secretLength - length, null);
      if (read === 0) break;
      length += read;
    }
  } catch {
    // No standard input: what is written then is not believed.
  }
  return bytes.toString('utf8', 0, length).trim();
}
