import type { CallOptions } from './model.ts';
import { addUsage, noUsage } from './usage.ts';
import type { Usage } from './usage.ts';

type Scope = NonNullable<CallOptions['scope']>;

/** What was used, in memory, one total for each distinct scope. */
export interface Books {
  add(scope: Scope, usage: Usage): void;
  /** The sum over all scopes that hold every given name with the given value. */
  usage(scope?: Scope): Usage;
}

export function createBooks(): Books {
  const totals = new Map<string, { readonly scope: Scope; usage: Usage }>();
  return {
    add(scope, usage) {
      const key = JSON.stringify(Object.entries(scope).sort(([left], [right]) => (left < right ? -1 : 1)));
      const total = totals.get(key);
      if (total === undefined) totals.set(key, { scope: { ...scope }, usage });
      else total.usage = addUsage(total.usage, usage);
    },
    usage(scope = {}) {
      const wanted = Object.entries(scope).filter(([, value]) => value !== undefined);
      let sum = noUsage;
      for (const total of totals.values()) {
        if (wanted.every(([name, value]) => total.scope[name] === value)) sum = addUsage(sum, total.usage);
      }
      return sum;
    },
  };
}
