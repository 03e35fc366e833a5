// Runs inside the project's own `node --test` process, copied into a folder of its own: it may import only from Node and
// its neighbour.
import { resolve } from 'node:path';
import { createSignedLines } from './signed-lines.ts';

interface ReporterEvent {
  readonly type: string;
  readonly data?: {
    readonly name?: string;
    readonly nesting?: number;
    readonly file?: string;
    readonly message?: string;
    readonly skip?: unknown;
    readonly todo?: unknown;
    readonly details?: { readonly type?: string; readonly duration_ms?: number; readonly error?: unknown };
  };
}

/** Writes what `node --test` reports as one signed JSON line an event, at once, so that a killed run keeps what it had. */
export default async function* reportEvents(source: AsyncIterable<ReporterEvent>): AsyncGenerator<string> {
  const write = createSignedLines();
  if (write === undefined) return;
  const errorOutput = new Map<string, string>();
  write({ type: 'begin' });
  for await (const { type, data } of source) {
    // Error output names the file relative to the folder, everything else absolutely.
    const at = data?.file === undefined ? '' : resolve(data.file);
    if (type === 'test:stderr') errorOutput.set(at, `${errorOutput.get(at) ?? ''}${data?.message ?? ''}`.slice(0, 8_000));
    if (type === 'test:start') write({ type: 'start', name: data?.name, nesting: data?.nesting, file: at });
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    write({
      type: type === 'test:pass' ? 'pass' : 'fail',
      name: data?.name,
      nesting: data?.nesting,
      file: at,
      suite: data?.details?.type === 'suite',
      durationMs: data?.details?.duration_ms,
      skip: data?.skip !== undefined && data.skip !== false,
      todo: data?.todo !== undefined && data.todo !== false,
      ...(type === 'test:fail' ? describeFailure(data?.details?.error, errorOutput.get(at)) : {}),
    });
  }
  write({ type: 'end' });
  yield '';
}

function describeFailure(error: unknown, errorOutput: string | undefined): object {
  const outer = error as { failureType?: unknown; cause?: unknown; message?: unknown } | undefined;
  const cause = outer?.cause as { code?: unknown; name?: unknown; stack?: unknown; message?: unknown } | string | undefined;
  const inner = typeof cause === 'object' && cause !== null ? cause : undefined;
  return {
    failureType: String(outer?.failureType),
    assertion: inner?.code === 'ERR_ASSERTION' || String(inner?.name).includes('AssertionError'),
    message: String(inner?.stack ?? inner?.message ?? cause ?? outer?.message).slice(0, 8_000),
    ...(errorOutput === undefined ? {} : { errorOutput }),
  };
}
