import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { caseId, relativeFile } from './case-id.ts';
import type { ParsedCase, ParsedResults } from './parsed-results.ts';

const eventSchema = withZod((z) => z.object({
  type: z.enum(['begin', 'start', 'pass', 'fail', 'end']),
  name: z.string().default(''),
  nesting: z.number().int().min(0).max(1_000).default(0),
  file: z.string().default(''),
  suite: z.boolean().default(false),
  durationMs: z.number().min(0).default(0),
  skip: z.boolean().default(false),
  todo: z.boolean().default(false),
  failureType: z.string().optional(),
  assertion: z.boolean().default(false),
  message: z.string().optional(),
  errorOutput: z.string().optional(),
}));
type NodeEvent = z.infer<typeof eventSchema>;

/** Reads the lines of our reporter for `node --test`. Incomplete when the process ended before the runner did. */
export function parseNodeEvents(text: string, root: string): ParsedResults {
  const cases: ParsedCase[] = [];
  const path: string[] = [];
  let complete = false;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const event = readEvent(line);
    if (event === undefined) return { status: 'unusable', reason: 'its result file is damaged', cases };
    path[event.nesting] = event.name;
    path.length = event.nesting + 1;
    complete = event.type === 'end';
    const test = event.type === 'pass' || event.type === 'fail' ? toCase(event, path, root) : undefined;
    if (test !== undefined) cases.push(test);
  }
  return complete ? { status: 'read', cases } : { status: 'unusable', reason: 'it ended before all tests had run', cases };
}

function readEvent(line: string): NodeEvent | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function toCase(event: NodeEvent, path: readonly string[], root: string): ParsedCase | undefined {
  const file = relativeFile(root, event.file);
  // node:test reports each file as a test of its own as well: that one only matters when the file itself broke.
  const isFile = event.nesting === 0 && (event.name === file || event.name === event.file || file.endsWith(`/${event.name}`));
  if ((isFile || event.suite) && event.type === 'pass') return undefined;
  if ((isFile || event.suite) && event.failureType === 'subtestsFailed') return undefined;
  const base = { id: isFile ? file : caseId(file, path), file, name: event.name, durationMs: event.durationMs };
  if (event.todo) return { ...base, status: 'todo' };
  if (event.type === 'pass') return { ...base, status: event.skip ? 'skipped' : 'passed' };
  const message = isFile ? (event.errorOutput ?? event.message ?? '') : (event.message ?? '');
  if (event.failureType === 'testTimeoutFailure') return { ...base, status: 'timed-out', message };
  if (isFile || event.suite || !['testCodeFailure', 'subtestsFailed'].includes(event.failureType ?? '')) return { ...base, status: 'errored', message, failure: 'error' };
  return { ...base, status: 'failed', message, failure: event.assertion ? 'assertion' : 'error' };
}
