import { freshState, lowerIn, settleHolding, takeBeside } from './limit-state.ts';
import type { Holding, LimitState } from './limit-state.ts';
import type { LimitStore } from './limit-store.ts';

interface Endpoint {
  /** Nothing is held in it. */
  state: LimitState;
  readonly held: Map<string, Holding>;
  slots: number;
}

/** Buckets and slots of this process. */
export function memoryLimitStore(): LimitStore {
  const endpoints = new Map<string, Endpoint>();
  const endpointOf = (name: string): Endpoint => {
    let endpoint = endpoints.get(name);
    if (endpoint === undefined) endpoints.set(name, (endpoint = { state: freshState, held: new Map(), slots: 0 }));
    return endpoint;
  };
  return {
    specVersion: 1,
    async take(demand) {
      const endpoint = endpointOf(demand.endpoint);
      // What is held here ends with the process, so no lease ends before.
      const { state, answer, holding } = takeBeside(endpoint.state, demand, endpoint.slots, Infinity);
      endpoint.state = state;
      if (holding !== undefined) {
        endpoint.held.set(demand.id, holding);
        if (holding.slot) endpoint.slots += 1;
      }
      return answer;
    },
    async settle(settlement) {
      const endpoint = endpointOf(settlement.endpoint);
      const holding = endpoint.held.get(settlement.id);
      endpoint.held.delete(settlement.id);
      if (holding?.slot === true) endpoint.slots -= 1;
      endpoint.state = settleHolding(endpoint.state, settlement, holding);
    },
    renew: async () => undefined,
    async lower(name, remaining) {
      const endpoint = endpointOf(name);
      endpoint.state = lowerIn(endpoint.state, remaining);
    },
  };
}
