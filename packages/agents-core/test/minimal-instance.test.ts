import { expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from '../src/index.ts';
import { minimalInstance } from '../src/conformance.ts';

it('makes the least that a schema takes', () => {
  const schema = z.object({
    text: z.string().min(3), level: z.enum(['low', 'high']), on: z.boolean(), count: z.number().int().min(2), fixed: z.literal('f'), nothing: z.null(),
    either: z.union([z.string(), z.number()]), some: z.array(z.object({ name: z.string() })).min(2), none: z.array(z.string()),
    maybe: z.string().optional(), preset: z.array(z.string()).default([]),
  });
  const instance = minimalInstance(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema);
  expect(instance).toEqual({ text: 'xxx', level: 'low', on: false, count: 2, fixed: 'f', nothing: null, either: 'x', some: [{ name: 'x' }, { name: 'x' }], none: [] });
  expect(schema.safeParse(instance).success).toBe(true);
});
