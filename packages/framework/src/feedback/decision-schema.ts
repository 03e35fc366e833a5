import { withZod } from '@fw/agents-core/with-zod';
import { FrameworkError } from '../framework-error.ts';

const text = withZod((z) => z.string().max(500));
const decisionSchema = withZod((z) => z.looseObject({
  specVersion: z.literal(1),
  mode: z.enum(['shadow', 'active']),
  context: text,
  past: z.number(),
  options: z.record(text, text),
  knobs: z.array(z.looseObject({
    knob: text, fixed: text, chosen: text, applied: text, reason: text,
    numbers: z.array(z.looseObject({ option: text, runs: z.number(), belief: z.number() })).max(20),
  })).max(20),
}));

/** What a run from elsewhere says was chosen for it. @throws FrameworkError `FW_ARCHIVE_INVALID`. */
export function checkDecision(given: unknown): void {
  if (given === undefined || decisionSchema.safeParse(given).success) return;
  throw new FrameworkError('FW_ARCHIVE_INVALID', { message: 'This is no run that "fw export" wrote: what it says was chosen for it has another form.' });
}
