import { latestArtifact } from '@fw/agents-core';
import type { AgentContext, Json } from '@fw/agents-core';
import { designInput } from './design.ts';
import type { DesignInput } from './design.ts';
import type { DutyEnd } from './duty.ts';
import { refuseAgain } from './refuse-again.ts';
import { criteriaOnly } from './requirements.ts';
import type { RequirementsCriterion } from './requirements.ts';

export function endDesign(view: Pick<AgentContext, 'task' | 'artifacts'>): DutyEnd {
  const criteria = criteriaOf(view);
  return {
    tool: {
      name: 'submit_design',
      description: 'Hands in the design and ends it.',
      input: designInput,
      check: refuseAgain<DesignInput>([
        {
          times: 2,
          find(input) {
            const gaps = findGaps(input, criteria);
            return gaps.length === 0 ? undefined : `The design is not whole. ${gaps.join(' ')} Hand in the whole design again.`;
          },
        },
      ]),
    },
    artifact: { kind: 'design', title: 'Design', schema: 'design@1' },
    complete(value) {
      const input = designInput.parse(value);
      const isKnown = (id: string): boolean => criteria.some((criterion) => criterion.id === id);
      const components = input.components.map((component) => ({ ...component, criteria: component.criteria.filter(isKnown) }));
      return { ...input, components, tests: input.tests.filter(({ criterion }) => isKnown(criterion)), gaps: findGaps(input, criteria) } as unknown as Json;
    },
  };
}

/** Of the newest requirements; without readable ones the task's own. */
function criteriaOf({ task, artifacts }: Pick<AgentContext, 'task' | 'artifacts'>): readonly RequirementsCriterion[] {
  const parsed = criteriaOnly.safeParse(latestArtifact(artifacts, 'requirements')?.content);
  return parsed.success ? parsed.data.criteria : (task.acceptance ?? []).map(({ id, text }) => ({ id, text, kind: 'new' }));
}

/** Where the line from requirement to component to test is broken, a sentence each. */
function findGaps({ components, tests }: DesignInput, criteria: readonly RequirementsCriterion[]): readonly string[] {
  const known = new Set(criteria.map(({ id }) => id));
  const unknown = [...new Set([...components.flatMap((component) => component.criteria), ...tests.map(({ criterion }) => criterion)])].filter((id) => !known.has(id));
  const fresh = criteria.filter(({ kind }) => kind === 'new').map(({ id }) => id);
  const built = new Set(components.flatMap((component) => component.criteria));
  const shown = new Set(tests.filter(({ file, name }) => file !== '' || name !== '').map(({ criterion }) => criterion));
  const described = new Set(tests.map(({ criterion }) => criterion));
  const placeless = fresh.filter((id) => described.has(id) && !shown.has(id));
  return [
    ...say('No component names these new criteria among its criteria:', fresh.filter((id) => !built.has(id))),
    ...say('No test is intended for these new criteria:', fresh.filter((id) => !described.has(id))),
    ...say('The tests of these criteria have neither an intended file nor a name:', placeless),
    ...say(`These ids are no criteria (${[...known].slice(0, 50).join(', ') || 'there are none'}):`, unknown),
  ];
}

function say(what: string, ids: readonly string[]): readonly string[] {
  return ids.length === 0 ? [] : [`${what} ${ids.slice(0, 50).join(', ')}${ids.length > 50 ? `, and ${ids.length - 50} more` : ''}.`];
}
