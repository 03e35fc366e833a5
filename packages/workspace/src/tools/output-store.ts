import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outputScheme } from '@fw/agents-core';

/** Full texts of answers that were cut. The same text has the same reference, everywhere. */
export interface OutputStore {
  /** Keeps a text; the reference is `output://` and the hex SHA-256 of its UTF-8. */
  keep(text: string): string | Promise<string>;
  /** Undefined for what is not kept here, and for what is no reference. */
  read(reference: string): string | undefined | Promise<string | undefined>;
}

/** A folder with one file for each text: of this process and of later ones. It is made when it is needed. */
export function folderOutputs(folder: string): OutputStore {
  return {
    async keep(text) {
      const reference = referenceOf(text);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const fresh = join(folder, `.${randomUUID()}`);
      await writeFile(fresh, text, { mode: 0o600 });
      await rename(fresh, join(folder, nameOf(reference) ?? ''));
      return reference;
    },
    async read(reference) {
      const name = nameOf(reference);
      const text = name === undefined ? undefined : await readFile(join(folder, name), 'utf8').catch(() => undefined);
      // A file that was changed since is not what the answer was cut from.
      return text !== undefined && referenceOf(text) === reference ? text : undefined;
    },
  };
}

/** In memory, for as long as the object lives: the last texts, together at most `maxCharacters` (default 64,000,000). */
export function memoryOutputs(maxCharacters = 64_000_000): OutputStore {
  const texts = new Map<string, string>();
  let size = 0;
  const drop = (reference: string): void => {
    size -= texts.get(reference)?.length ?? 0;
    texts.delete(reference);
  };
  return {
    keep(text) {
      const reference = referenceOf(text);
      drop(reference);
      texts.set(reference, text);
      size += text.length;
      for (const oldest of texts.keys()) {
        if (size <= maxCharacters || oldest === reference) break;
        drop(oldest);
      }
      return reference;
    },
    read: (reference) => texts.get(reference),
  };
}

function referenceOf(text: string): string {
  return outputScheme + createHash('sha256').update(text).digest('hex');
}

function nameOf(reference: string): string | undefined {
  return /^output:\/\/([0-9a-f]{64})$/.exec(reference)?.[1];
}
