import { z } from 'zod';
import { caseId, relativeFile } from './case-id.ts';
import type { ParsedResults } from './parsed-results.ts';
import type { TestCase } from './test-report.ts';

const eventSchema = z.object({
  type: z.enum(['begin', 'case', 'broken', 'unhandled', 'end']),
  file: z.string().default(''),
  path: z.array(z.string()).max(1_000).default([]),
  status: z.string().default(''),
  durationMs: z.number().min(0).default(0),
  errorName: z.string().default(''),
  message: z.string().default(''),
});
type VitestEvent = z.infer<typeof eventSchema>;

/** Reads the lines of our reporter for vitest. Incomplete when the process ended before the runner did. */
export function parseVitestEvents(text: string, root: string): ParsedResults {
  const cases: TestCase[] = [];
  let complete = false;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const event = readEvent(line);
    if (event === undefined) return { status: 'unusable', reason: 'its result file is damaged', cases };
    complete = event.type === 'end';
    if (event.type === 'case' || event.type === 'broken') cases.push(toCase(event, root));
  }
  return complete ? { status: 'read', cases } : { status: 'unusable', reason: 'it ended before all tests had run', cases };
}

function readEvent(line: string): VitestEvent | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function toCase({ type, file: path, path: names, status, durationMs, errorName, message }: VitestEvent, root: string): TestCase {
  const file = relativeFile(root, path);
  const base = { id: caseId(file, names), file, name: names.at(-1) ?? file, durationMs };
  if (type === 'broken') return { ...base, status: 'errored', message, failure: 'error' };
  if (status === 'passed' || status === 'todo' || status === 'skipped') return { ...base, status };
  if (/^Error: (Test|Hook) timed out in \d+ms/.test(message)) return { ...base, status: 'timed-out', message };
  const assertion = errorName.includes('AssertionError') || /^Error: Snapshot/.test(message);
  return { ...base, status: 'failed', message, failure: assertion ? 'assertion' : 'error' };
}
