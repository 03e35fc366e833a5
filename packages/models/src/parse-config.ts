import { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { ModelError } from './model-error.ts';
import type { ModelErrorCode } from './model-error.ts';

/** Parses configuration; the error names each wrong place and, for an unknown key, the known one nearest to it. */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string, code: ModelErrorCode = 'FW_MODEL_CONFIG'): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.slice(0, 10).map((issue) => describe(issue, schema));
  throw new ModelError(code, { message: `${what} cannot be used. ${places.join(' ')}` });
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  const place = issue.path.reduce<string>((path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}${path === '' ? '' : '.'}${String(key)}`), '');
  const at = place === '' ? '' : `At ${place}: `;
  if (issue.code !== 'unrecognized_keys') return `${at}${issue.message}.`;
  const known = keysOf(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }));
  return issue.keys.map((key) => `${at}unknown key "${key}".${didYouMean(key, known)}`).join(' ');
}

function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema && typeof schema.properties === 'object' && schema.properties !== null ? Object.keys(schema.properties) : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}
