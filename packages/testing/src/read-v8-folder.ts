import type { CommandRequest } from './runner-adapter.ts';
import type { CoverageOutcome } from './test-report.ts';
import { readV8Coverage } from './v8-coverage.ts';

/** Coverage of a command that ran with `NODE_V8_COVERAGE` in the result folder. */
export async function readV8Folder(request: CommandRequest): Promise<CoverageOutcome> {
  const texts: string[] = [];
  let bytes = 0;
  for (const name of await request.folder.list('v8')) {
    const file = await request.folder.read(`v8/${name}`);
    if (file.status !== 'read') continue;
    bytes += file.text.length;
    if (bytes > 256 * 1024 * 1024) return { status: 'unavailable', reason: 'the coverage files have more than 256 MiB together' };
    texts.push(file.text);
  }
  return readV8Coverage(texts, request.root);
}
