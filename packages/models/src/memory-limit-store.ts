import { freshState, lowerIn, settleIn, takeFrom } from './limit-state.ts';
import type { LimitState } from './limit-state.ts';
import type { LimitStore } from './limit-store.ts';

/** Buckets and slots of this process. */
export function memoryLimitStore(): LimitStore {
  const states = new Map<string, LimitState>();
  const stateOf = (endpoint: string): LimitState => states.get(endpoint) ?? freshState;
  return {
    specVersion: 1,
    async take(demand) {
      const { state, answer } = takeFrom(stateOf(demand.endpoint), demand, 0);
      states.set(demand.endpoint, state);
      return answer;
    },
    async settle(settlement) {
      states.set(settlement.endpoint, settleIn(stateOf(settlement.endpoint), settlement));
    },
    // What is held here ends with the process, so its leases need not.
    renew: async () => undefined,
    async lower(endpoint, remaining) {
      states.set(endpoint, lowerIn(stateOf(endpoint), remaining));
    },
  };
}
