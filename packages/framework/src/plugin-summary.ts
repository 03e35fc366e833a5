import type { PluginStatus } from '@fw/plugins';
import type { PluginSummary } from './framework.ts';

/** What `framework.plugins()` says of one. */
export function summarisePlugin({ id, version, status, isolation, enforced, contributes, permissions, timings, costUsd, errors }: PluginStatus): PluginSummary {
  const last = errors.at(-1);
  return {
    id, version, status, isolation, enforced, permissions, costUsd,
    contributes: Object.entries(contributes).flatMap(([kind, names]) => (names ?? []).map((name) => `${kind}: ${name}`)),
    calls: timings.calls, failures: timings.failures,
    startMs: Math.round(timings.loadMs + timings.initializeMs), callMs: Math.round(timings.processMs),
    ...(last !== undefined && { error: last.message, code: last.code }),
  };
}
