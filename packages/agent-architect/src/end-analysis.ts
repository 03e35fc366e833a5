import type { AgentContext, Json } from '@fw/agents-core';
import { analysisInput } from './analysis.ts';
import type { AnalysisInput } from './analysis.ts';
import type { DutyEnd } from './duty.ts';
import { refuseAgain } from './refuse-again.ts';

export function endAnalysis({ requests }: Pick<AgentContext, 'requests'>): DutyEnd {
  const open = (analysis: AnalysisInput): typeof requests => requests.filter(({ id }) => !analysis.answers.some(({ request }) => request === id));
  return {
    tool: {
      name: 'submit_analysis',
      description: 'Hands in the analysis and ends it.',
      input: analysisInput,
      check: refuseAgain<AnalysisInput>([
        {
          times: 2,
          find(input) {
            const left = open(input).map(({ id, what }) => `${id} (${what})`);
            return left.length === 0 ? undefined : `These requests are not answered: ${left.join('; ')}. Hand in the analysis again with an answer for each, by its id.`;
          },
        },
      ]),
    },
    artifact: { kind: 'analysis', title: 'Analysis', schema: 'analysis@1' },
    complete(value) {
      const { answers, ...rest } = analysisInput.parse(value);
      const answerTo = (id: string): string => answers.find(({ request }) => request === id)?.answer ?? 'Not answered by the analysis.';
      return { ...rest, answers: requests.map(({ id, what, evidence }) => ({ request: id, what, evidence, answer: answerTo(id) })) } as unknown as Json;
    },
  };
}
