import type { z } from 'zod';
import { loadZod, withZod } from '@fw/agents-core/with-zod';
import { describeIssue } from '../config-issue.ts';
import { FrameworkError } from '../framework-error.ts';

/** What `suite.json` holds. */
export interface SuiteFile {
  readonly name: string;
  readonly version: string;
  readonly description?: string | undefined;
  readonly defaults?: SuiteDefaults | undefined;
}

export interface SuiteDefaults {
  /** Runs of each task; default 1. */
  readonly runs?: number | undefined;
  /** Of each run; default 30 minutes. */
  readonly timeoutMs?: number | undefined;
  /** Runs side by side; default 1. */
  readonly concurrency?: number | undefined;
  /** Of all runs of one configuration together. */
  readonly budget?: { readonly usd?: number | undefined; readonly tokens?: number | undefined } | undefined;
}

/** What `task.json` holds. */
export interface TaskFile {
  readonly goal: string;
  readonly acceptance?: readonly { readonly id: string; readonly text: string }[] | undefined;
  readonly constraints?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
  /** In place of the folder `repository`: a git repository and a revision of it. A path beginning with `.` is relative to the task's folder. */
  readonly repository?: { readonly git: string; readonly revision: string } | undefined;
  /** What runs the tests, where `package.json` of the repository does not say it; see `createTestRunner` of `@fw/testing`. */
  readonly test?: { readonly command: readonly string[]; readonly format: 'vitest' | 'node:test' | 'jest' | 'mocha' | 'tap' | 'junit' | 'playwright' | 'pytest' } | undefined;
}

const text = withZod((z) => z.string().trim().min(1).max(200_000));
const line = withZod((z) => z.string().trim().min(1).max(2_000));
const timeoutMs = withZod((z) => z.number().int().min(1_000).max(24 * 3_600_000).optional());

const suiteSchema: z.ZodType<SuiteFile> = withZod((z) => z.strictObject({
  name: line,
  version: line,
  description: text.optional(),
  defaults: z.strictObject({
    runs: z.number().int().min(1).max(1_000).optional(),
    timeoutMs,
    concurrency: z.number().int().min(1).max(64).optional(),
    budget: z.strictObject({ usd: z.number().positive().optional(), tokens: z.number().int().positive().optional() }).optional(),
  }).optional(),
}));

const taskSchema: z.ZodType<TaskFile> = withZod((z) => z.strictObject({
  goal: text,
  acceptance: z.array(z.strictObject({ id: z.string().min(1).max(64), text })).max(200).optional(),
  constraints: z.array(text).max(200).optional(),
  tags: z.array(line).max(50).optional(),
  timeoutMs,
  // A name that begins with "-" would be an option of git.
  repository: z.strictObject({ git: line.regex(/^[^-]/, 'a repository does not begin with "-"'), revision: line.regex(/^[^-]/, 'a revision does not begin with "-"') }).optional(),
  test: z.strictObject({
    command: z.array(z.string().min(1)).min(1).max(100),
    format: z.enum(['vitest', 'node:test', 'jest', 'mocha', 'tap', 'junit', 'playwright', 'pytest']),
  }).optional(),
}));

export const parseSuiteFile = (value: unknown, source: string): SuiteFile => parse(suiteSchema, value, source);
export const parseTaskFile = (value: unknown, source: string): TaskFile => parse(taskSchema, value, source);

/** @throws FrameworkError `FW_SUITE_INVALID` with file, key path and, for an unknown key, the one that was meant. */
function parse<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const shape = loadZod().toJSONSchema(schema, { io: 'input' });
  const places = parsed.error.issues.slice(0, 5).map((issue) => describeIssue(issue, shape, value, 'the file'));
  const more = parsed.error.issues.length - places.length;
  throw new FrameworkError('FW_SUITE_INVALID', { message: `${source}: ${places.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}.` });
}
