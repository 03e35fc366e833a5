import fc from 'fast-check';
import { expect, it } from 'vitest';
import { adoptTools } from '../src/tool-list.ts';
import type { ListedTool } from '../src/tool-list.ts';

const seed = Number(process.env['FW_SEED'] ?? 1);
const schema = { type: 'object', properties: {} };
const deep = (levels: number): object => (levels === 0 ? {} : { type: 'object', properties: { a: deep(levels - 1) } });

it('refuses lists that a model or a provider could not stand', () => {
  const lists: readonly (readonly ListedTool[])[] = [
    [{ name: '', inputSchema: schema }],
    [{ name: 'a b', inputSchema: schema }],
    [{ name: 'x\u202Ey', inputSchema: schema }],
    [{ name: 'x'.repeat(100), inputSchema: schema }],
    [{ name: 'a', inputSchema: null }],
    [{ name: 'a', inputSchema: 'object' }],
    [{ name: 'a', inputSchema: { type: 'string' } }],
    [{ name: 'a', inputSchema: { ...schema, description: 'x'.repeat(60_000) } }],
    [{ name: 'a', inputSchema: deep(1_000) }],
    [{ name: 'a.b', inputSchema: schema }, { name: 'a/b', inputSchema: schema }],
    Array.from({ length: 200 }, (_, index) => ({ name: `t${index}`, inputSchema: schema })),
  ];
  for (const list of lists) expect(() => adoptTools('s', list, undefined), JSON.stringify(list).slice(0, 80)).toThrow(expect.objectContaining({ code: 'FW_MCP_TOOLS' }));
  expect(adoptTools('s', lists[10] as readonly ListedTool[], ['t7']).tools.map(({ name }) => name)).toEqual(['s__t7']);
});

it('keeps the form of a schema, and shows what its words hide', () => {
  const given = JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string","description":"a\\u200bb"},"e":{"enum":["x\\u200by"]}},"required":["e"],"description":"' + 'y'.repeat(900) + '"}') as object;
  const [tool] = adoptTools('s', [{ name: 'a', description: 'z'.repeat(5_000), inputSchema: given }], undefined).tools;
  const shown = JSON.stringify(tool?.inputSchema);
  expect(shown).toContain('"__proto__":{"type":"string","description":"a<U+200B>b"}');
  expect(shown).toContain('x\u200By');
  expect(shown).toContain('[+400 characters]');
  expect(tool?.description.length).toBeLessThan(1_800);
  expect(({} as { type?: string }).type).toBeUndefined();
});

it('gives the same hash to the same tools in any order, and another to any other', () => {
  const tool = fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), description: fc.string({ maxLength: 30 }), inputSchema: fc.record({ type: fc.constant('object'), properties: fc.dictionary(fc.string({ maxLength: 5 }), fc.constantFrom({ type: 'string' }, { type: 'number' })) }) });
  fc.assert(
    fc.property(fc.uniqueArray(tool, { minLength: 1, maxLength: 6, selector: ({ name }) => name }), fc.integer({ min: 0, max: 5 }), (tools, at) => {
      const { hash } = adoptTools('s', tools, undefined);
      const turned = tools.map(({ name, description, inputSchema }) => ({ inputSchema: { properties: Object.fromEntries(Object.entries(inputSchema.properties).reverse()), type: inputSchema.type }, description, name })).reverse();
      expect(adoptTools('s', turned, undefined).hash).toBe(hash);
      const changed = tools.map((one, index) => (index === at % tools.length ? { ...one, description: `${one.description}!` } : one));
      expect(adoptTools('s', changed, undefined).hash).not.toBe(hash);
      expect(adoptTools('s', [...tools, { name: 'added-one', inputSchema: schema }], undefined).hash).not.toBe(hash);
    }),
    { seed },
  );
});
