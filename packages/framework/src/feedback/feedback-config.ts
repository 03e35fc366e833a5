import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** What the policy may choose from; what the config says without it is always among it, and is the fixed choice. */
export interface FeedbackChoices {
  /** By agent, aliases of `models`, or `provider/model`: its tiers. */
  readonly agents?: { readonly architect?: readonly string[] | undefined; readonly developer?: readonly string[] | undefined; readonly reviewer?: readonly string[] | undefined } | undefined;
  /** How many passes look at a change side by side. */
  readonly reviewPasses?: readonly number[] | undefined;
  /** Which tests `run_tests` runs when the developer names none; the gate always measures all. */
  readonly testScope?: readonly ('related' | 'all')[] | undefined;
  /** Tokens of a run; never more than `budgets.run.tokens`. */
  readonly runTokens?: readonly number[] | undefined;
}

export interface FeedbackConfig {
  /** `shadow` (default): what would be chosen is recorded and nothing is changed; `active`: it is done. `off`: nothing is kept or recorded. */
  readonly mode?: FeedbackMode | undefined;
  readonly choices?: FeedbackChoices | undefined;
  /** Share of the fixed choice's value that all choices together may lose; default 0.1. */
  readonly maxLoss?: number | undefined;
}

export type FeedbackMode = 'off' | 'shadow' | 'active';

const modes = ['off', 'shadow', 'active'] as const;
const names = withZod((z) => z.array(z.string().min(1)).min(1).max(8).optional());

export const feedbackSchema: z.ZodType<FeedbackMode | FeedbackConfig> = withZod((z) => z.union([z.strictObject({
  mode: z.enum(modes).optional(),
  choices: z.strictObject({
    agents: z.strictObject({ architect: names, developer: names, reviewer: names }).optional(),
    reviewPasses: z.array(z.int().min(1).max(3)).min(1).max(3).optional(),
    testScope: z.array(z.enum(['related', 'all'])).min(1).max(2).optional(),
    runTokens: z.array(z.int().positive()).min(1).max(8).optional(),
  }).optional(),
  maxLoss: z.number().min(0).max(0.5).optional(),
}), z.enum(modes)]));

/** What a config says of it, in full. */
export function feedbackOf(given: FeedbackMode | FeedbackConfig | undefined): { readonly mode: FeedbackMode; readonly choices: FeedbackChoices; readonly maxLoss: number } {
  const { mode = 'shadow', choices = {}, maxLoss = 0.1 } = typeof given === 'object' ? given : { mode: given };
  return { mode, choices, maxLoss };
}
