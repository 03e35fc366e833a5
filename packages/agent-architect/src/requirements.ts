import { z } from 'zod';

/** Content of a `requirements` artifact. */
export interface Requirements {
  readonly criteria: readonly RequirementsCriterion[];
  /** What the task left open, and how it was decided. */
  readonly assumptions: readonly string[];
  readonly constraints: readonly string[];
}

export interface RequirementsCriterion {
  readonly id: string;
  readonly text: string;
  /** `new`: has to be built; `keep`: holds already and must go on holding. */
  readonly kind: 'new' | 'keep';
}

const text = z.string().trim().min(1);
const criterion = z.object({
  id: z.string().trim().min(1).max(64).optional(),
  text,
  kind: z.enum(['new', 'keep']).default('new').describe('new: has to be built; keep: holds already and must go on holding'),
});

/** `requirements@1`. Lenient in what it takes: kinds default to `new`, missing or repeated ids become c1, c2, … */
export const requirementsSchema: z.ZodType<Requirements> = z.object({
  criteria: z.array(criterion).min(1).transform(withIds).describe('Statements that can be tested when the work is done. Keep the ids of the task\'s own criteria.'),
  assumptions: z.array(text).default([]).describe('What the task leaves open, and how it is decided.'),
  constraints: z.array(text).default([]),
});

function withIds(criteria: readonly z.infer<typeof criterion>[]): RequirementsCriterion[] {
  const given = new Set(criteria.map(({ id }) => id));
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
