import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SpanContext } from '@opentelemetry/api';
import { withZod } from '@fw/agents-core/with-zod';

const mostKept = 16;
const fileOf = (folder: string): string => path.join(folder, 'spans.json');
const schema = withZod((z) => z.array(z.object({ traceId: z.string().regex(/^[0-9a-f]{32}$/), spanId: z.string().regex(/^[0-9a-f]{16}$/), traceFlags: z.int().min(0).max(255) })).max(mostKept));

/** The turns that processes had at a run, oldest first. */
export async function readSpanContexts(folder: string): Promise<readonly SpanContext[]> {
  try {
    return schema.parse(JSON.parse(await readFile(fileOf(folder), 'utf8'))).map((context) => ({ ...context, isRemote: true }));
  } catch {
    return [];
  }
}

/** For whoever goes on with the run. That it cannot be kept costs a link and nothing else. */
export async function keepSpanContext(folder: string, { traceId, spanId, traceFlags }: SpanContext): Promise<void> {
  const contexts = [...(await readSpanContexts(folder)).map(({ isRemote: _isRemote, ...one }) => one), { traceId, spanId, traceFlags }].slice(-mostKept);
  const file = fileOf(folder);
  await writeFile(`${file}.new`, JSON.stringify(contexts), { mode: 0o600 }).then(() => rename(`${file}.new`, file)).catch(() => {});
}
