import type { z } from 'zod';

type Schema = z.core.JSONSchema.BaseSchema;

/** One place of a config that is wrong, in words: the key path, what is there, and what was probably meant. */
export function describeIssue(issue: z.core.$ZodIssue, schema: Schema, value: unknown, whole = 'the config'): string {
  const place = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) => `${place === '' ? key : `${place}.${key}`}: there is no such key${advise(key, known)}`).join('; ');
  }
  if (issue.code === 'invalid_union') {
    // The form that it has, if it has one of them.
    const meant = issue.errors.find((problems) => problems.length > 0 && !problems.some(({ code, path }) => code === 'invalid_type' && path.length === 0));
    if (meant) return meant.map((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, schema, value, whole)).join('; ');
  }
  const found = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
  if (issue.code === 'invalid_value' && typeof found === 'string') {
    return `${place}: "${shorten(found)}" is not possible${advise(found, issue.values.map(String))}`;
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return `${place === '' ? whole : place}: ${message.replace('Invalid input: ', '')}`;
}

/** `; did you mean "x"?`, or the list of what is known. */
export function advise(name: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: distanceOf(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(Math.max(candidate.length, name.length) / 3)))
    .sort((left, right) => left.distance - right.distance)[0];
  if (nearest !== undefined) return `; did you mean "${nearest.candidate}"?`;
  return known.length === 0 ? '' : `; known: ${known.join(', ')}`;
}

function knownKeys(schema: Schema, path: readonly PropertyKey[]): string[] {
  const at = path.reduce<Schema | undefined>((inner, key) => {
    const next = inner?.properties?.[String(key)] ?? inner?.additionalProperties ?? inner?.items;
    return typeof next === 'object' && !Array.isArray(next) ? next : undefined;
  }, schema);
  const forms = (at?.anyOf ?? []) as readonly Schema[];
  return [at, ...forms].flatMap((form) => Object.keys(form?.properties ?? {}));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Edit distance; a longer text than any key of ours is never near. */
function distanceOf(left: string, right: string): number {
  if (left.length > 64 || right.length > 64) return Infinity;
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? Infinity;
}
