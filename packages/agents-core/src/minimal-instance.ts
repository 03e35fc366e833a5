import type { Json, JsonSchema } from '@fw/models';

/**
 * The least that fits a JSON Schema as tools have it: required members only, the first of an enum or union, empty
 * lists unless some items are asked for. What the laziest model that can fill in a form would hand in.
 */
export function minimalInstance(schema: JsonSchema): Json {
  if (schema['const'] !== undefined) return schema['const'];
  const [choice] = listOf(schema['enum']);
  if (choice !== undefined) return choice;
  const [option] = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  if (option !== undefined) return minimalInstance(option as JsonSchema);
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as { readonly [name: string]: JsonSchema };
      return Object.fromEntries(listOf(schema['required']).map((name) => [String(name), minimalInstance(properties[String(name)] ?? {})]));
    }
    case 'array':
      return Array.from({ length: Number(schema['minItems'] ?? 0) }, () => minimalInstance((schema['items'] ?? {}) as JsonSchema));
    case 'string':
      return 'x'.repeat(Math.max(1, Number(schema['minLength'] ?? 1)));
    case 'number':
    case 'integer':
      return Math.max(0, Number(schema['minimum'] ?? 0));
    case 'boolean':
      return false;
    default:
      return null;
  }
}

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
