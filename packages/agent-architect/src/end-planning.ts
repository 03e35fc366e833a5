import type { AgentContext, Json } from '@fw/agents-core';
import type { DutyEnd } from './duty.ts';
import { answeredQuestions } from './questions.ts';
import { refuseAgain } from './refuse-again.ts';
import { requirementsInput } from './requirements.ts';
import type { RequirementsInput } from './requirements.ts';
import { vagueWord } from './vague-words.ts';

export function endPlanning({ task }: Pick<AgentContext, 'task'>): DutyEnd {
  const own = task.acceptance ?? [];
  const schema = requirementsInput(own.map(({ id }) => id));
  const missing = (requirements: RequirementsInput): typeof own => own.filter(({ id }) => !requirements.criteria.some((criterion) => criterion.id === id));
  return {
    tool: {
      name: 'submit_requirements',
      description: 'Hands in the requirements and ends the planning.',
      input: schema,
      check: refuseAgain<RequirementsInput>([
        {
          times: 2,
          find(input) {
            const left = missing(input).map(({ id, text }) => `${id} (${text})`);
            return left.length === 0 ? undefined : `These criteria of the task are missing: ${left.join('; ')}. Hand in all criteria again, these with their ids.`;
          },
        },
        { times: 1, find: ({ criteria }) => sayUntestable(criteria, new Set(own.map(({ id }) => id))) },
      ]),
    },
    artifact: { kind: 'requirements', title: 'Requirements', schema: 'requirements@1' },
    complete(value, exchanges) {
      const input = schema.parse(value);
      const added = missing(input).map(({ id, text }) => ({ id, text, kind: 'new' as const }));
      // The task's own words stand, whatever the model made of them.
      const criteria = input.criteria.map((criterion) => ({ ...criterion, text: own.find(({ id }) => id === criterion.id)?.text ?? criterion.text }));
      const constraints = [...new Set([...(task.constraints ?? []), ...input.constraints])];
      return { criteria: [...added, ...criteria], assumptions: input.assumptions, constraints, questions: answeredQuestions(exchanges) } as unknown as Json;
    },
  };
}

/** A task's own words cannot be changed, only made testable by what stands beside them. */
function sayUntestable(criteria: RequirementsInput['criteria'], own: ReadonlySet<string>): string | undefined {
  const vague = criteria.flatMap(({ id, text }) => {
    const word = vagueWord(text);
    return word === undefined ? [] : [{ id, isOwn: own.has(id), what: `${id} (${JSON.stringify(text.slice(0, 200))}: what is "${word}"?)` }];
  });
  if (vague.length === 0) return undefined;
  const advice = 'Say what a test observes instead: an input and the value, error or output that it gives, or a number with its unit and how it is measured. What nobody can say is an assumption, not a criterion.';
  const kept = vague.filter(({ isOwn }) => isOwn).map(({ id }) => id);
  const keep = kept.length === 0 ? '' : ` Keep ${kept.join(', ')} as the task has it, and add a criterion beside it that can be tested, or an assumption that says what decides it.`;
  return `These criteria cannot be tested as they stand: ${vague.map(({ what }) => what).join('; ')}. ${advice}${keep}`;
}
