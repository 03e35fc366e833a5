import type { Tool } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { withZod } from '@fw/agents-core/with-zod';
import { plainText } from './input-text.ts';

const maxItems = 12;
const input = withZod((z) => z
  .strictObject({
    items: z
      .array(z.strictObject({ text: plainText(200), status: z.enum(['todo', 'doing', 'done']).default('todo') }))
      .max(maxItems)
      .describe('The whole plan in its order; it replaces the one before'),
  })
  .refine(({ items }) => items.filter(({ status }) => status === 'doing').length <= 1, { path: ['items'], message: 'only one item may be doing' }));

/** Keeps nothing: the plan stands in the conversation, as the last call has it. */
export function planTool(): Tool {
  return defineTool({
    name: 'plan',
    description: `Writes down the steps of work that has more than three: at most ${maxItems} items, one of them doing. Call it again when a step is done or the plan changes.`,
    effect: 'pure',
    input,
    run({ items }) {
      const counts = { todo: 0, doing: 0, done: 0 };
      for (const { status } of items) counts[status] += 1;
      if (items.length === 0) return Promise.resolve({ ok: true, text: 'The plan is empty.', meta: counts });
      const lines = items.map(({ text, status }, index) => `${index + 1}. [${marks[status]}] ${text.replaceAll(/\s+/g, ' ')}`);
      return Promise.resolve({ ok: true, text: `${lines.join('\n')}\n${counts.done} of ${items.length} done.`, meta: counts });
    },
  });
}

const marks = { todo: ' ', doing: '>', done: 'x' } as const;
