import type { z } from 'zod';
import { loadZod } from './with-zod.ts';
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
  const known = keysAt(loadZod().toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }), issue.path);
  return issue.keys.map((key) => `${at}unknown key "${key}".${didYouMean(key, known)}`).join(' ');
}

/** The keys that the object at this path may have. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const { properties, additionalProperties, items } = (schema ?? {}) as { readonly [name: string]: { readonly [name: PropertyKey]: unknown } | undefined };
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(properties ?? {});
  return keysAt(typeof key === 'number' ? items : (properties?.[key] ?? additionalProperties), rest);
}
