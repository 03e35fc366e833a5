import { createRedactor } from './redact.ts';

/** Forms that keys of well-known services have. */
const forms = [
  /\bsk-[\w-]{16,}/g,
  /\bAIza[\w-]{30,}/g,
  /\b(?:gh[pousr]_|github_pat_|glpat-|npm_|hf_|xox[abprs]-)[\w-]{16,}/g,
  /\bA(?:KI|SI)A[A-Z0-9]{16}\b/g,
  /\bBearer [\w.~+/-]{16,}=*/g,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----/g,
];

/** Takes secrets out of every text inside a JSON value. */
export function createSecretsFilter(secrets: readonly string[]): <Value>(value: Value) => Value {
  const redact = createRedactor(secrets);
  const clean = (text: string): string => forms.reduce((rest, form) => rest.replace(form, '[redacted]'), redact(text));
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), walk(inner)]));
  };
  return <Value>(value: Value) => walk(value) as Value;
}
