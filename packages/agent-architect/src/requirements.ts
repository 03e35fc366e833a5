import type { z } from 'zod';
import { loadZod, withZod } from '@fw/agents-core/with-zod';

/** Content of a `requirements` artifact. */
export interface Requirements {
  readonly criteria: readonly RequirementsCriterion[];
  /** What the task left open, and how it was decided. */
  readonly assumptions: readonly Assumption[];
  readonly constraints: readonly string[];
  /** What a person was asked, and answered. */
  readonly questions: readonly AnsweredQuestion[];
}

export interface RequirementsCriterion {
  readonly id: string;
  readonly text: string;
  /** `new`: has to be built; `keep`: holds already and must go on holding. */
  readonly kind: 'new' | 'keep';
}

export interface Assumption {
  readonly text: string;
  /** What would be built otherwise if it did not hold. */
  readonly decides: string;
}

export interface AnsweredQuestion {
  readonly question: string;
  readonly answer: string;
}

const text = withZod((z) => z.string().trim().min(1).max(4_000));
const criterion = withZod((z) => z.object({
  id: z.string().trim().min(1).max(64).optional(),
  text,
  kind: z.enum(['new', 'keep']).default('new').describe('new: has to be built; keep: holds already and must go on holding'),
}));
const assumption = withZod((z) => z.object({ text, decides: text.describe('What of the change it decides: what would be built otherwise.') }));

/** What the model hands in. Lenient in what it takes: kinds default to `new`, missing or repeated ids become c1, c2, … */
export type RequirementsInput = Omit<Requirements, 'questions'>;

const assumptions = withZod((z) => z.array(assumption).max(100).default([]).describe('What the task leaves open, and how it is decided.'));

/** `own` are the ids of the task's criteria: what comes without an id is not taken for one of them. */
export function requirementsInput(own: readonly string[]): z.ZodType<RequirementsInput> {
  const z = loadZod();
  return z.object({
    criteria: z.array(criterion).min(1).max(200).transform((criteria) => withIds(criteria, own)).describe('Statements that a test can show true or false. Keep the ids of the task\'s own criteria.'),
    assumptions,
    constraints: z.array(text).max(200).default([]),
  });
}

/** What is handed in with what the task has itself, whose words may be longer and stand as they are. */
const whole = withZod((z) => ({
  criteria: z.array(criterion.extend({ text: z.string().min(1) })).min(1).max(400).transform((criteria) => withIds(criteria, [])),
  assumptions,
  constraints: z.array(z.string().min(1)).max(400).default([]),
}));

/** The criteria alone, of requirements that any agent may have written. */
export const criteriaOnly: z.ZodType<Pick<Requirements, 'criteria'>> = withZod((z) => z.object({ criteria: whole.criteria }));

/** `requirements@1`. */
export const requirementsSchema: z.ZodType<Requirements> = withZod((z) => z.object({ ...whole, questions: z.array(z.object({ question: z.string(), answer: z.string() })).default([]) }));

function withIds(criteria: readonly z.infer<typeof criterion>[], own: readonly string[]): RequirementsCriterion[] {
  const given = new Set([...own, ...criteria.map(({ id }) => id)]);
  const used = new Set<string>();
  let count = 0;
  const next = (): string => {
    do count++;
    while (given.has(`c${count}`));
    return `c${count}`;
  };
  return criteria.map((item) => {
    const id = item.id === undefined || used.has(item.id) ? next() : item.id;
    used.add(id);
    return { id, text: item.text, kind: item.kind };
  });
}
