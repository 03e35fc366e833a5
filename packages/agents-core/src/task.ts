import { withZod } from './with-zod.ts';
import { AgentError } from './agent-error.ts';

/** What somebody wants done. Plain JSON; the run's input. */
export interface Task {
  readonly specVersion: 1;
  readonly id: string;
  readonly goal: string;
  readonly acceptance?: readonly { readonly id: string; readonly text: string }[];
  readonly constraints?: readonly string[];
  /** A directory, repository or snapshot; resolved by the framework before the first state. */
  readonly workspace?: { readonly kind: 'directory' | 'git' | 'snapshot'; readonly at: string };
  readonly limits?: { readonly costNanoUsd?: number; readonly tokens?: number; readonly durationMs?: number };
}

const limit = withZod((z) => z.number().int().positive().optional());
const id = withZod((z) => z.string().min(1).max(64).regex(/^\S(?:.*\S)?$/, 'one line that does not begin or end with a blank'));
const whole = (text: string): boolean => text.isWellFormed();
const taskSchema = withZod((z) => z.strictObject({
  specVersion: z.literal(1),
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'letters, digits, ".", "_" and "-", at most 128'),
  goal: z.string().trim().min(1, 'says what has to be done').max(200_000).refine(whole, 'has half of a surrogate pair'),
  acceptance: z.array(z.strictObject({ id, text: z.string().max(200_000).regex(/\S/, 'says what must hold') })).max(200)
    .refine((criteria) => new Set(criteria.map((one) => one.id)).size === criteria.length, 'has two criteria with one id').optional(),
  constraints: z.array(z.string().min(1).max(200_000)).max(200).optional(),
  workspace: z.strictObject({ kind: z.enum(['directory', 'git', 'snapshot']), at: z.string().min(1) }).optional(),
  limits: z.strictObject({ costNanoUsd: limit, tokens: limit, durationMs: limit }).optional(),
}));

/**
 * Checks a task that comes from outside.
 * @throws AgentError `FW_TASK_INVALID`, naming each place that is wrong.
 */
export function parseTask(value: unknown): Task {
  const parsed = taskSchema.safeParse(value);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'task'}: ${issue.message}`);
    throw new AgentError('FW_TASK_INVALID', { message: `The task cannot be used: ${places.join('; ')}.` });
  }
  return parsed.data as Task;
}
