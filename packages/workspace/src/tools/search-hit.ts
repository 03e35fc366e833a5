import { z } from 'zod';
import { shownPath } from './ripgrep.ts';

export interface Hit {
  readonly type: 'match' | 'context';
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Text that is not UTF-8 comes as base64. */
const data = z.union([z.object({ text: z.string() }), z.object({ bytes: z.string() })]);
const message = z.object({ type: z.enum(['match', 'context']), data: z.object({ path: data, lines: data, line_number: z.number() }) });

/** Reads one line of ripgrep's `--json`; undefined for those that tell of no line of a file. */
export function parseHit(line: string): Hit | undefined {
  const parsed = message.safeParse(JSON.parse(line));
  if (!parsed.success) return undefined;
  const { type, data: found } = parsed.data;
  return { type, file: shownPath(textOf(found.path)), line: found.line_number, text: textOf(found.lines).replace(/\r?\n$/, '') };
}

function textOf(value: z.infer<typeof data>): string {
  return 'text' in value ? value.text : Buffer.from(value.bytes, 'base64').toString('utf8');
}
