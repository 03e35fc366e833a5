import type { JsonSchema, Tool } from '@fw/agents-core';
import { loadZod, withZod } from '@fw/agents-core/with-zod';

/** The signal that a question of an agent waits for. */
export const questionSignal = 'question';

const text = withZod((z) => z.string().trim().min(1).max(2_000));
const input = withZod((z) => z.strictObject({
  question: text.describe('One question, as a person can answer it who knows the project but not your thoughts.'),
  options: z.array(text.max(200)).max(8).default([]).describe('Answers to choose from, if there are only a few; another answer stays possible.'),
}));
let inputSchema: JsonSchema | undefined;

/** Lets an agent ask a person. The run waits without a process until somebody answers. */
export const askPerson: Tool = {
  kind: 'composite',
  name: 'ask_person',
  description: 'Asks a person one question and waits for the answer, which may take days. Only for what decides what has to be built and cannot be read in the project.',
  get inputSchema() {
    return (inputSchema ??= loadZod().toJSONSchema(input, { io: 'input' }) as JsonSchema);
  },
  async run(given, context) {
    const parsed = input.safeParse(given);
    if (!parsed.success) return { ok: false, code: 'invalid_input', text: `ask_person was not asked. ${loadZod().prettifyError(parsed.error)}` };
    const { question, options } = parsed.data;
    const answer = await context.waitFor<{ readonly answer: string }>(questionSignal, {
      question: { type: questionSignal, text: question, options },
      schema: { type: 'object', properties: { answer: { type: 'string', minLength: 1, maxLength: 8_000 } }, required: ['answer'] },
    });
    return answer === undefined ? { ok: false, code: 'timeout', text: 'Nobody answered.' } : { ok: true, text: `A person answered: ${answer.answer}` };
  },
};
