import { readOutput } from '@fw/agents-core';
import type { Guardrails, ToolExchange } from '@fw/agents-core';
import type { AnsweredQuestion } from './requirements.ts';

/** Asks a person; it is there only where the host allows it. */
export const askingTool = 'ask_person';

/** How many questions a person is asked in one planning. */
export const mostQuestions = 3;

/** A person's time is dear: what goes beyond a few questions is decided and said. */
export function limitQuestions(): Guardrails {
  let asked = 0;
  return {
    toolCall({ name }) {
      if (name !== askingTool || (asked += 1) <= mostQuestions) return undefined;
      return { code: 'FW_ARCHITECT_QUESTIONS', message: `at most ${mostQuestions} questions are asked. Decide for the smallest change and write it down as an assumption.` };
    },
  };
}

/** What was asked and answered, as the tool heard it and not as the model tells it. */
export function answeredQuestions(exchanges: readonly ToolExchange[]): readonly AnsweredQuestion[] {
  return exchanges.flatMap(({ call, output }) => {
    const question = (call.arguments as { readonly question?: unknown } | null)?.question;
    const { ok, text } = readOutput(output);
    return call.name === askingTool && ok === true && typeof question === 'string' && typeof text === 'string' ? [{ question, answer: text }] : [];
  });
}
