import { failureRules } from './failure.ts';
import type { Attempt } from './receipt.ts';

export interface RetryPolicy {
  /** How often one model may be asked after failures of the service, the first time included. */
  readonly attempts: number;
  /** How long one call may wait in all. */
  readonly maxWaitMs: number;
}

const backoffMs = 250;
const maxRateLimited = 5;

/**
 * When to try again and which models to leave out then; undefined when no model may be asked again in time.
 * A model that is rate limited waits for the time its service named; the others get a short, jittered pause.
 */
export function planRetry(
  attempts: readonly Attempt[],
  policy: RetryPolicy,
  time: { readonly now: number; readonly waitedMs: number; readonly random: number },
): { readonly waitMs: number; readonly skip: readonly string[] } | undefined {
  const byModel = new Map<string, Attempt[]>();
  for (const attempt of attempts) byModel.set(attempt.model, [...(byModel.get(attempt.model) ?? []), attempt]);
  const waits = new Map<string, number>();
  for (const [model, tries] of byModel) {
    const failure = tries.at(-1)?.failure;
    if (failure === undefined) continue;
    // Refused here because it failed too often: asking again within this call would not help.
    if (tries.at(-1)?.sent === false && failure.kind !== 'rate-limit') continue;
    const rule = failureRules[failure.kind].again;
    const limited = tries.filter((attempt) => attempt.failure?.kind === 'rate-limit').length;
    const allowed = rule === 'at-retry-time' ? limited < maxRateLimited && policy.attempts > 1 : rule === 'once' && tries.length - limited < policy.attempts;
    if (!allowed) continue;
    const pause = backoffMs * 2 ** (tries.length - 1) * (0.5 + time.random / 2);
    const waitMs = Math.ceil(Math.max(pause, (failure.retryAt ?? 0) - time.now));
    if (time.waitedMs + waitMs <= policy.maxWaitMs) waits.set(model, waitMs);
  }
  if (waits.size === 0) return undefined;
  const waitMs = Math.min(...waits.values());
  return { waitMs, skip: [...byModel.keys()].filter((model) => waits.get(model) !== waitMs) };
}
