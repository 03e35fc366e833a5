import { z } from 'zod';
import { defineTool } from '../src/index.ts';
import type { Tool } from '../src/index.ts';

export const readFile: Tool = defineTool({
  name: 'read_file', description: 'Reads a file.', effect: 'pure', input: z.strictObject({ path: z.string() }),
  run: async ({ path }) => ({ ok: true, text: `content of ${path}` }),
});

/** Remembers the order in which calls began and ended. */
export function orderedTools(log: string[]): readonly Tool[] {
  const make = (name: string, effect: 'pure' | 'idempotent'): Tool => defineTool({
    name, description: name, effect, input: z.strictObject({ id: z.string() }),
    async run({ id }) {
      log.push(`begin ${id}`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`end ${id}`);
      return { ok: true, text: id };
    },
  });
  return [make('read', 'pure'), make('write', 'idempotent')];
}
