import type { AgentContext, Json, TerminalTool } from '@fw/agents-core';
import { analysisInput } from './analysis.ts';
import type { AnalysisInput } from './analysis.ts';
import { designSchema } from './design.ts';
import type { ArchitectDuty } from './duty.ts';
import { requirementsSchema } from './requirements.ts';
import type { Requirements } from './requirements.ts';

type View = Pick<AgentContext, 'task' | 'requests'>;

/** How one duty ends: the tool that hands the outcome in, and the artifact that is made of it. */
export interface DutyEnd {
  readonly tool: TerminalTool;
  readonly artifact: { readonly kind: string; readonly title: string; readonly schema: string };
  /** Adds what the model left out although it was asked again. */
  complete(input: Json): Json;
}

const askedAgain = 2;

/** The end of a duty in this context. Each call gives a fresh one: it counts how often it had to ask again. */
export function endOf(duty: ArchitectDuty, view: View): DutyEnd {
  if (duty === 'planning') return endPlanning(view);
  return duty === 'analysis' ? endAnalysis(view) : endDesign();
}

function endPlanning({ task }: View): DutyEnd {
  const own = task.acceptance ?? [];
  const missing = (requirements: Requirements): typeof own => own.filter(({ id }) => !requirements.criteria.some((criterion) => criterion.id === id));
  return {
    tool: {
      name: 'submit_requirements',
      description: 'Hands in the requirements and ends the planning.',
      input: requirementsSchema,
      check: refuseTwice((input: Requirements) => {
        const left = missing(input).map(({ id, text }) => `${id} (${text})`);
        return left.length === 0 ? undefined : `These criteria of the task are missing: ${left.join('; ')}. Hand in all criteria again, these with their ids.`;
      }),
    },
    artifact: { kind: 'requirements', title: 'Requirements', schema: 'requirements@1' },
    complete(value) {
      const input = requirementsSchema.parse(value);
      const added = missing(input).map(({ id, text }) => ({ id, text, kind: 'new' as const }));
      // The task's own words stand, whatever the model made of them.
      const criteria = input.criteria.map((criterion) => ({ ...criterion, text: own.find(({ id }) => id === criterion.id)?.text ?? criterion.text }));
      const constraints = [...new Set([...(task.constraints ?? []), ...input.constraints])];
      return { criteria: [...added, ...criteria], assumptions: input.assumptions, constraints };
    },
  };
}

function endAnalysis({ requests }: View): DutyEnd {
  const open = (analysis: AnalysisInput): typeof requests => requests.filter(({ id }) => !analysis.answers.some(({ request }) => request === id));
  return {
    tool: {
      name: 'submit_analysis',
      description: 'Hands in the analysis and ends it.',
      input: analysisInput,
      check: refuseTwice((input: AnalysisInput) => {
        const left = open(input).map(({ id, what }) => `${id} (${what})`);
        return left.length === 0 ? undefined : `These requests are not answered: ${left.join('; ')}. Hand in the analysis again with an answer for each, by its id.`;
      }),
    },
    artifact: { kind: 'analysis', title: 'Analysis', schema: 'analysis@1' },
    complete(value) {
      const { answers, ...rest } = analysisInput.parse(value);
      const answerTo = (id: string): string => answers.find(({ request }) => request === id)?.answer ?? 'Not answered by the analysis.';
      return { ...rest, answers: requests.map(({ id, what, evidence }) => ({ request: id, what, evidence, answer: answerTo(id) })) };
    },
  };
}

function endDesign(): DutyEnd {
  return {
    tool: { name: 'submit_design', description: 'Hands in the design and ends it.', input: designSchema },
    artifact: { kind: 'design', title: 'Design', schema: 'design@1' },
    complete: (value) => designSchema.parse(value) as unknown as Json,
  };
}

/** A model that leaves the same out three times will not add it: better to go on with what is known than to stop. */
function refuseTwice<Input>(check: (input: Input) => string | undefined): (input: unknown) => string | undefined {
  let refusals = 0;
  return (input) => {
    const text = refusals < askedAgain ? check(input as Input) : undefined;
    if (text !== undefined) refusals++;
    return text;
  };
}
