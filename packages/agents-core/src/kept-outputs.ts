import { hash } from 'node:crypto';

/**
 * Full texts of what a model no longer sees, by what they hold. What the loop keeps comes from journaled answers, and a
 * resumed run keeps it again before it goes on, so it needs no disk of its own. A host whose `read_file` and `search`
 * take references gives it to the context and lets its tools read it.
 */
export interface KeptOutputs {
  /** The reference under which `read` gives the text: `output://` and the SHA-256 of its UTF-8, in hex. */
  keep(text: string): string;
  /** Undefined for what was not kept here. */
  read(reference: string): string | undefined;
}

/** How a reference begins. */
export const outputScheme = 'output://';

/** A store in memory: one for each run, dropped with it. */
export function createKeptOutputs(): KeptOutputs {
  let texts: Map<string, string> | undefined;
  return {
    keep(text) {
      const whole = text.toWellFormed();
      const reference = outputScheme + hash('sha256', whole);
      (texts ??= new Map()).set(reference, whole);
      return reference;
    },
    read: (reference) => texts?.get(reference),
  };
}
