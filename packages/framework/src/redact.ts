import type { Json } from '@fw/agents-core';

/** Shorter values would take harmless text away with them. */
const MIN_SECRET = 8;

/** Takes known secret values out of everything that a model, a tool or the journal gets to see. */
export function createRedactor(secrets: readonly string[]): (value: Json) => Json {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= MIN_SECRET);
  if (known.length === 0) return (value) => value;
  const redact = (value: Json | undefined): Json | undefined => {
    if (typeof value === 'string') return known.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), value);
    if (Array.isArray(value)) return value.map((item: Json) => redact(item) as Json);
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, member]) => [redact(key) as string, redact(member)]));
    return value;
  };
  return (value) => redact(value) as Json;
}
