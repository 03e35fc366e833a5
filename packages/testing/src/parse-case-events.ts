import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { caseId, relativeFile } from './case-id.ts';
import type { ParsedCase, ParsedResults } from './parsed-results.ts';

const eventSchema = withZod((z) => z.object({
  type: z.enum(['begin', 'case', 'broken', 'unhandled', 'end']),
  file: z.string().default(''),
  path: z.array(z.string()).max(1_000).default([]),
  status: z.string().default(''),
  durationMs: z.number().min(0).default(0),
  errorName: z.string().default(''),
  message: z.string().default(''),
  /** Said by reporters of runners that know it. */
  failure: z.enum(['assertion', 'error']).optional(),
  flaky: z.boolean().default(false),
  /** Above 1 it takes the place of what was told of the attempt before. */
  attempt: z.number().int().min(1).default(1),
  /** The runner's own name for a group of test files. */
  project: z.string().default(''),
}));
type CaseEvent = z.infer<typeof eventSchema>;

/** Reads the lines that our reporters write a test. Incomplete when the process ended before the runner did. */
export function parseCaseEvents(text: string, root: string): ParsedResults {
  const cases: ParsedCase[] = [];
  let complete = false;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const event = readEvent(line);
    if (event === undefined) return { status: 'unusable', reason: 'its result file is damaged', cases };
    complete = event.type === 'end';
    if (event.type !== 'case' && event.type !== 'broken') continue;
    const test = toCase(event, root);
    const before = event.attempt > 1 ? cases.findLastIndex((one) => one.id === test.id) : -1;
    cases.splice(before === -1 ? cases.length : before, before === -1 ? 0 : 1, test);
  }
  return complete ? { status: 'read', cases } : { status: 'unusable', reason: 'it ended before all tests had run', cases };
}

function readEvent(line: string): CaseEvent | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function toCase({ type, file: path, path: names, status, durationMs, errorName, message, failure, flaky, project }: CaseEvent, root: string): ParsedCase {
  const file = relativeFile(root, path);
  const base = { id: caseId(file, names), file, name: names.at(-1) ?? file, durationMs, ...(project === '' ? {} : { project }) };
  if (type === 'broken') return { ...base, status: 'errored', message, failure: 'error' };
  if (status === 'passed') return { ...base, status, ...(flaky ? { flaky } : {}) };
  if (status === 'todo' || status === 'skipped') return { ...base, status };
  if (status === 'timed-out' || /^Error: (Test|Hook) timed out in \d+ms/.test(message)) return { ...base, status: 'timed-out', message };
  const asserted = errorName.includes('AssertionError') || /^Error: Snapshot/.test(message);
  return { ...base, status: 'failed', message, failure: failure ?? (asserted ? 'assertion' : 'error') };
}
