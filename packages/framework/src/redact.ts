import type { Json } from '@fw/agents-core';

/** Shorter values would take harmless text away with them. */
const MIN_SECRET = 8;

/** Takes known secret values out of everything that a model, a tool or the journal gets to see. */
export interface Redactor {
  /** From now on these are taken out as well. */
  add(secrets: readonly string[]): void;
  redact(value: Json): Json;
}

export function createRedactor(): Redactor {
  const known = new Set<string>();
  const clean = (text: string): string => {
    let cleaned = text;
    for (const secret of known) cleaned = cleaned.replaceAll(secret, '[redacted]');
    return cleaned;
  };
  const redact = (value: Json | undefined): Json | undefined => {
    if (typeof value === 'string') return clean(value);
    if (Array.isArray(value)) return value.map((item: Json) => redact(item) as Json);
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, member]) => [clean(key), redact(member)]));
    return value;
  };
  return {
    add(secrets) {
      for (const secret of secrets) if (secret.length >= MIN_SECRET) known.add(secret);
    },
    redact: (value) => (known.size === 0 ? value : (redact(value) as Json)),
  };
}
