/** Keeps retries a small part of all calls, so that many callers do not multiply the load on a failing service. */
export interface RetryBudget {
  called(): void;
  /** Whether one more retry is allowed; counts it when it is. */
  allows(): boolean;
}

const share = 0.2;
const freeCalls = 10;

export function createRetryBudget(): RetryBudget {
  let calls = 0;
  let retries = 0;
  return {
    called: () => void (calls += 1),
    allows() {
      if (calls > freeCalls && retries + 1 > share * calls) return false;
      retries += 1;
      return true;
    },
  };
}
