import { expect, expectTypeOf, test, vi } from 'vitest';
import { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { defineTool } from '@fw/agents-core';

test('a schema made when it is used is zod\'s own: it parses, has its types, and is made once', () => {
  const make = vi.fn((own: typeof z) => own.strictObject({ a: own.number().default(1) }));
  const schema = withZod(make);
  expect(make).not.toHaveBeenCalled();
  expectTypeOf<z.infer<typeof schema>>().toEqualTypeOf<{ a: number }>();
  expect(schema.parse({})).toEqual({ a: 1 });
  expect(schema.safeParse({ b: 1 }).success).toBe(false);
  expect(schema).toBeInstanceOf(z.ZodObject);
  expect(z.object({ schema }).parse({ schema: { a: 2 } })).toEqual({ schema: { a: 2 } });
  expect(make).toHaveBeenCalledOnce();
});

test('inside others it stands as itself: defaults, descriptions and objects of schemas come out in JSON Schema as without it', () => {
  const plain = (own: typeof z, wrap: <Made extends object>(make: (z: typeof own) => Made) => Made): z.ZodType => {
    const text = wrap(() => own.string().min(1).describe('some text'));
    const optional = wrap(() => own.array(text).default([]).describe('some texts'));
    const shape = wrap(() => ({ kind: own.enum(['a', 'b']).default('a'), text }));
    return wrap(() => own.strictObject({ ...shape, texts: optional, either: own.union([text, own.literal(1)]).optional(), inner: own.object(shape), named: own.record(text, optional) }));
  };
  const lazy = withZod((own) => plain(own, withZod));
  const eager = plain(z, (make) => make(z));
  expect(z.toJSONSchema(lazy, { io: 'input' })).toEqual(z.toJSONSchema(eager, { io: 'input' }));
  expect(defineTool({ name: 't', description: 'd', effect: 'pure', input: lazy, run: async () => ({ ok: true, text: '' }) }).inputSchema).toEqual(z.toJSONSchema(eager, { io: 'input' }));
  expect(lazy.parse({ text: 'x', inner: { text: 'y' }, named: { z: ['a'] } })).toEqual({ kind: 'a', text: 'x', texts: [], inner: { kind: 'a', text: 'y' }, named: { z: ['a'] } });
});
