const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `6m0.5s`, `120ms`, `1h`, or of a bare number of seconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^-?\d+(\.\d+)?(e\d+)?$/i.test(trimmed)) return Number(trimmed) * 1_000;
  if (trimmed.length > 40 || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) sum += Number(amount) * (units[unit ?? ''] ?? 0);
  return sum;
}
