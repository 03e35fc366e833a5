import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Full texts of answers that were cut, by what they hold. */
export interface Outputs {
  /** The reference by which `read` and the tools find the text again; undefined where nothing is kept. */
  keep(text: string): Promise<string | undefined>;
  /** Undefined for what was not kept here. */
  read(reference: string): Promise<string | undefined>;
  /** Folder and name of a kept text's file. */
  place(reference: string): { readonly folder: string; readonly name: string } | undefined;
}

/** How a path begins that is a reference. */
export const outputScheme = 'output://';

export function createOutputs(folder: string | undefined): Outputs {
  const place: Outputs['place'] = (reference) => {
    const name = /^output:\/\/([0-9a-f]{64})$/.exec(reference)?.[1];
    return folder === undefined || name === undefined ? undefined : { folder, name };
  };
  return {
    place,
    async keep(text) {
      if (folder === undefined) return undefined;
      const name = createHash('sha256').update(text).digest('hex');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const fresh = join(folder, `.${randomUUID()}`);
      await writeFile(fresh, text, { mode: 0o600 });
      await rename(fresh, join(folder, name));
      return outputScheme + name;
    },
    async read(reference) {
      const found = place(reference);
      return found === undefined ? undefined : readFile(join(found.folder, found.name), 'utf8').catch(() => undefined);
    },
  };
}

/** Beginning and end of a text; never half of a surrogate pair. */
export function headAndTail(text: string, maxCharacters: number): { readonly head: string; readonly tail: string; readonly omitted: number } {
  if (text.length <= maxCharacters) return { head: text, tail: '', omitted: 0 };
  const half = Math.floor(maxCharacters / 2);
  const head = text.slice(0, half).replace(/[\uD800-\uDBFF]$/, '');
  const tail = text.slice(text.length - half).replace(/^[\uDC00-\uDFFF]/, '');
  return { head, tail, omitted: text.length - head.length - tail.length };
}
