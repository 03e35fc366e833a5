import { openSignedLines } from './open-signed-lines.ts';
import type { ParsedCase, ParsedResults } from './parsed-results.ts';
import type { CommandRequest, CommandResults } from './runner-adapter.ts';

/** Reads all files that our reporter wrote in one command; a line that it did not sign makes them unusable. */
export async function readEventFiles(request: CommandRequest, parse: (text: string, root: string) => ParsedResults, runner: string): Promise<CommandResults> {
  const digests: Record<string, string> = {};
  const cases: ParsedCase[] = [];
  let reason: string | undefined;
  const names = (await request.folder.list('.')).filter((name) => /^events-.*\.jsonl$/.test(name));
  for (const [index, name] of names.entries()) {
    const file = await request.folder.read(name);
    if (file.status === 'unusable') {
      reason ??= file.reason;
      continue;
    }
    digests[`events-${index + 1}.jsonl`] = file.digest;
    const signed = openSignedLines(file.text, request.folder.secret);
    if (!signed.whole) reason = 'its result files hold lines that the reporter did not write';
    const parsed = parse(signed.text, request.root);
    if (parsed.status === 'unusable') reason ??= parsed.reason;
    cases.push(...parsed.cases);
  }
  if (names.length === 0) reason = `it left no results of ${runner}`;
  return { parsed: reason === undefined ? { status: 'read', cases } : { status: 'unusable', reason, cases }, digests };
}
