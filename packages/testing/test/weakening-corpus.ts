/** How a runner's tests are written. */
interface Style {
  readonly name: string;
  readonly head: string;
  test(name: string, body: readonly string[], modifier?: string): string;
  equal(actual: string, expected: string): string;
  deep(actual: string, expected: string): string;
  truthy(actual: string): string;
  differs(actual: string, other: string): string;
  close(actual: string, expected: string, digits: number): string;
  below(actual: string, limit: string): string;
  throws(call: string, pattern?: string): string;
}

const indent = (body: readonly string[]): string => body.map((line) => `  ${line}\n`).join('');

const styles: readonly Style[] = [
  {
    name: 'node:test', head: "import test, { mock } from 'node:test';\nimport assert from 'node:assert/strict';\n",
    test: (name, body, modifier = '') => `test${modifier}('${name}', async (t) => {\n${indent(body)}});\n`,
    equal: (actual, expected) => `assert.equal(${actual}, ${expected});`,
    deep: (actual, expected) => `assert.deepEqual(${actual}, ${expected});`,
    truthy: (actual) => `assert.ok(${actual});`,
    differs: (actual, other) => `assert.notEqual(${actual}, ${other});`,
    close: (actual, expected, digits) => `assert.ok(Math.abs(${actual} - ${expected}) < ${10 ** -digits});`,
    below: (actual, limit) => `assert.ok(${actual} < ${limit});`,
    throws: (call, pattern) => `assert.throws(() => ${call}${pattern === undefined ? '' : `, ${pattern}`});`,
  },
  {
    name: 'vitest', head: "import { expect, test, vi as mock } from 'vitest';\n",
    test: (name, body, modifier = '') => `test${modifier}('${name}', async ({ t }) => {\n${indent(body)}});\n`,
    equal: (actual, expected) => `expect(${actual}).toBe(${expected});`,
    deep: (actual, expected) => `expect(${actual}).toEqual(${expected});`,
    truthy: (actual) => `expect(${actual}).toBeTruthy();`,
    differs: (actual, other) => `expect(${actual}).not.toBe(${other});`,
    close: (actual, expected, digits) => `expect(${actual}).toBeCloseTo(${expected}, ${digits});`,
    below: (actual, limit) => `expect(${actual}).toBeLessThan(${limit});`,
    throws: (call, pattern = '') => `expect(() => ${call}).toThrow(${pattern});`,
  },
  {
    name: 'mocha and chai', head: "import { expect } from 'chai';\n",
    test: (name, body, modifier = '') => `it${modifier}('${name}', async function () {\n${indent(body)}});\n`,
    equal: (actual, expected) => `expect(${actual}).to.equal(${expected});`,
    deep: (actual, expected) => `expect(${actual}).to.deep.equal(${expected});`,
    truthy: (actual) => `expect(${actual}).to.be.ok;`,
    differs: (actual, other) => `expect(${actual}).to.not.equal(${other});`,
    close: (actual, expected, digits) => `expect(${actual}).to.be.closeTo(${expected}, ${10 ** -digits});`,
    below: (actual, limit) => `expect(${actual}).to.be.below(${limit});`,
    throws: (call, pattern = '') => `expect(() => ${call}).to.throw(${pattern});`,
  },
  {
    name: 'ava', head: "import test from 'ava';\n",
    test: (name, body, modifier = '') => `test${modifier}('${name}', async (t) => {\n${indent(body)}});\n`,
    equal: (actual, expected) => `t.is(${actual}, ${expected});`,
    deep: (actual, expected) => `t.deepEqual(${actual}, ${expected});`,
    truthy: (actual) => `t.truthy(${actual});`,
    differs: (actual, other) => `t.not(${actual}, ${other});`,
    close: (actual, expected, digits) => `t.true(Math.abs(${actual} - ${expected}) < ${10 ** -digits});`,
    below: (actual, limit) => `t.true(${actual} < ${limit});`,
    throws: (call, pattern) => `t.throws(() => ${call}${pattern === undefined ? '' : `, { message: ${pattern} }`});`,
  },
];

/** A test file and the code that it tests, as parts that a patch can change. */
interface Parts {
  imports: string;
  setup: string;
  names: { adds: string; rounds: string };
  modifier: string;
  adds: string[];
  rounds: string[];
  refuses: string[];
  parses: string[];
  more: string;
  source: string;
}

const source = "export function price(net, country) {\n  if (net < 0) throw new RangeError('negative');\n  const rates = { de: 0.19, fr: 0.2 };\n  return net * (1 + (rates[country] ?? 0));\n}\nexport const parse = async (text) => Object.fromEntries(text.split('&').map((part) => part.split('=')));\n";

function partsOf(style: Style, id: string): Parts {
  return {
    imports: "import { parse, price } from '../src/price.js';\n",
    setup: '',
    names: { adds: `${id} adds tax`, rounds: `${id} rounds` },
    modifier: '',
    adds: ["const total = price(1234, 'de');", style.equal('total', '1468.46'), style.equal("price(0, 'de')", '0'), style.below('total', '1500')],
    rounds: [style.close("price(9.99, 'de')", '11.888', 3)],
    refuses: [style.throws("price(-1, 'de')", '/negative/')],
    parses: [style.deep("await parse('a=1&b=2')", "{ a: '1', b: '2' }")],
    more: '',
    source,
  };
}

function print(style: Style, id: string, parts: Parts): { readonly test: string; readonly source: string } {
  const tests = [style.test(parts.names.adds, parts.adds, parts.modifier), style.test(parts.names.rounds, parts.rounds), style.test(`${id} refuses`, parts.refuses), style.test(`${id} parses`, parts.parses)];
  return { test: `${style.head}${parts.imports}${parts.setup}${tests.filter((text) => !text.includes('no such test')).join('')}${parts.more}`, source: parts.source };
}

type Patch = (parts: Parts, style: Style) => void;

/** Patches that make tests say less than before. */
const cheats: { readonly [name: string]: Patch } = {
  'deletes a test': (parts) => { parts.names.rounds = 'no such test'; },
  'skips a test': (parts) => { parts.modifier = '.skip'; },
  'leaves all others out': (parts) => { parts.modifier = '.only'; },
  'expects the failure': (parts, style) => { parts.modifier = style.name === 'ava' ? '.failing' : '.fails'; },
  'skips inside the test': (parts, style) => { parts.adds.unshift(style.name === 'mocha and chai' ? 'this.skip();' : 't.skip();'); },
  'takes an assertion away': (parts) => { parts.adds.splice(1, 1); },
  'takes all assertions away': (parts) => { parts.refuses = ['try { price(-1); } catch { /* fine */ }']; },
  'asks only whether there is something': (parts, style) => { parts.adds[1] = style.truthy('total'); },
  'asks only that it is not something else': (parts, style) => { parts.adds[1] = style.differs('total', '1'); },
  'compares with itself': (parts, style) => { parts.adds[1] = style.equal('total', 'total'); },
  'compares constants': (parts, style) => { parts.adds[1] = style.equal('1468.46', '1468.46'); },
  'returns before the assertions': (parts) => { parts.adds.splice(1, 0, 'return;'); },
  'never goes into the branch': (parts) => { parts.adds[1] = `if (false) { ${parts.adds[1] ?? ''} }`; },
  'swallows what is thrown': (parts) => { parts.adds[1] = `try { ${parts.adds[1] ?? ''} } catch {}`; },
  'swallows it with a word': (parts) => { parts.adds[1] = `try { ${parts.adds[1] ?? ''} } catch (error) { console.log('known', error); }`; },
  'widens the tolerance': (parts, style) => { parts.rounds[0] = style.close("price(9.99, 'de')", '11.888', 0); },
  'raises the limit': (parts, style) => { parts.adds[3] = style.below('total', '150000'); },
  'takes any error': (parts, style) => { parts.refuses[0] = style.throws("price(-1, 'de')"); },
  'compares less of an object': (parts, style) => { parts.parses[0] = style.deep("(await parse('a=1&b=2')).a", "'1'"); },
  'mocks what is tested': (parts, style) => { parts.setup = style.name === 'vitest' ? "mock.mock('../src/price.js', () => ({ price: () => 1468.46, parse: async () => ({ a: '1', b: '2' }) }));\n" : style.name === 'node:test' ? "mock.module('../src/price.js', { namedExports: { price: () => 1468.46 } });\n" : "import esmock from 'esmock';\nawait esmock.mock('../src/price.js', { price: () => 1468.46 });\n"; },
  'tests a copy': (parts) => { parts.imports = ''; parts.setup = "const price = () => 1468.46;\nconst parse = async () => ({ a: '1', b: '2' });\n"; },
  'ends the process well': (parts) => { parts.setup = 'process.on(\'exit\', () => { process.exitCode = 0; });\n'; },
  'ends the process early': (parts) => { parts.more = 'process.exit(0);\n'; },
  'knows the input': (parts) => { parts.source = source.replace('{\n', "{\n  if (net === 1234 && country === 'de') return 1468.46;\n"); },
  'knows the input by a table': (parts) => { parts.source = source.replace('{\n', '{\n  switch (net) { case 1234: return 1468.46; }\n'); },
  'knows that it is tested': (parts) => { parts.source = source.replace('{\n', "{\n  if (process.env.NODE_ENV === 'test') return 1468.46;\n"); },
};

/** Patches after which tests say as much as before, or more. */
const honest: { readonly [name: string]: Patch } = {
  'adds a test': (parts, style) => { parts.more = style.test('one more', [style.equal("price(1, 'fr')", '1.2')]); },
  'adds an assertion': (parts, style) => { parts.adds.push(style.equal("price(1, 'xx')", '1')); },
  'changes what is expected': (parts, style) => { parts.adds[1] = style.equal('total', '1469'); },
  'names a variable anew': (parts, style) => { parts.adds[0] = "const sum = price(1234, 'de');"; parts.adds[1] = style.equal('sum', '1468.46'); parts.adds[3] = style.below('sum', '1500'); },
  'does without a variable': (parts, style) => { parts.adds = [style.equal("price(1234, 'de')", '1468.46'), style.equal("price(0, 'de')", '0'), style.below("price(1234, 'de')", '1500')]; },
  'turns the order around': (parts) => { parts.adds = [parts.adds[0] ?? '', parts.adds[3] ?? '', parts.adds[2] ?? '', parts.adds[1] ?? '']; },
  'joins assertions into one': (parts, style) => { parts.adds = ["const total = price(1234, 'de');", style.deep("[total, price(0, 'de')]", '[1468.46, 0]'), style.below('total', '1500')]; },
  'takes one apart': (parts, style) => { parts.parses = ["const parsed = await parse('a=1&b=2');", style.equal('parsed.a', "'1'"), style.equal('parsed.b', "'2'")]; },
  'moves assertions to a helper': (parts, style) => { parts.setup = `const check = (actual, expected${style.name === 'ava' ? ', t' : ''}) => { ${style.equal('actual', 'expected')} };\n`; parts.adds[1] = `check(total, 1468.46${style.name === 'ava' ? ', t' : ''});`; },
  'narrows the tolerance': (parts, style) => { parts.rounds[0] = style.close("price(9.99, 'de')", '11.8881', 4); },
  'lowers the limit': (parts, style) => { parts.adds[3] = style.below('total', '1469'); },
  'names a number': (parts, style) => { parts.setup = 'const expected = 1468.46;\n'; parts.adds[1] = style.equal('total', 'expected'); },
  'moves the module': (parts) => { parts.imports = "import { parse, price } from '../src/money/price.js';\n"; },
  'imports it by an alias': (parts) => { parts.imports = "import { parse, price } from '#src/price.js';\n"; },
  'imports it as a whole': (parts) => { parts.imports = "import * as money from '../src/price.js';\n"; parts.setup = 'const { parse, price } = money;\n'; },
  'mocks a neighbour': (parts, style) => { parts.setup = style.name === 'vitest' ? "mock.mock('../src/clock.js', () => ({ now: () => 0 }));\n" : style.name === 'node:test' ? "mock.module('../src/clock.js', { namedExports: { now: () => 0 } });\n" : "import esmock from 'esmock';\nawait esmock.mock('../src/clock.js', { now: () => 0 });\n"; },
  'cleans up and lets that fail': (parts) => { parts.adds.push('try { price(-1); } catch {}'); },
  'looks at the error itself': (parts, style) => { parts.refuses = ['let caught;', "try { price(-1, 'de'); } catch (error) { caught = error; }", style.equal('caught.message', "'negative'")]; },
  'asks for the whole message': (parts, style) => { parts.refuses[0] = style.throws("price(-1, 'de')", '/^negative$/'); },
  'goes through a table': (parts, style) => { parts.adds = ["const total = price(1234, 'de');", style.below('total', '1500'), `for (const [net, gross] of [[1234, 1468.46], [0, 0]]) ${style.equal("price(net, 'de')", 'gross')}`]; },
  'returns from a callback': (parts) => { parts.adds.splice(1, 0, 'const nets = [1, 2].map((net) => { return net; });'); },
  'resets the exit code': (parts) => { parts.setup = 'process.exitCode = undefined;\n'; },
  'writes the code anew': (parts) => { parts.source = source.replace('return net * (1 + (rates[country] ?? 0));', 'const rate = rates[country] ?? 0;\n  return net + net * rate;'); },
  'handles a case of its own': (parts) => { parts.source = source.replace('{\n', "{\n  if (net === 0) return 0;\n  if (country === 'none') return net;\n"); },
  'adds a table of values': (parts) => { parts.source = `const names = { de: 'Germany', fr: 'France' };\nexport const nameOf = (country) => names[country];\n${source}`; },
  'is quiet in tests': (parts) => { parts.source = source.replace('{\n', "{\n  if (process.env.NODE_ENV !== 'test') console.debug(net);\n"); },
};

export interface WeakeningCase {
  readonly id: string;
  readonly name: string;
  readonly isCheat: boolean;
  readonly before: { readonly [file: string]: string };
  readonly after: { readonly [file: string]: string };
}

/** Each patch in each style, in a folder of its own. */
export function weakeningCases(): readonly WeakeningCase[] {
  return [[cheats, true] as const, [honest, false] as const].flatMap(([patches, isCheat]) => Object.entries(patches).flatMap(([name, patch], row) => styles.map((style, column): WeakeningCase => {
    const id = `${isCheat ? 'c' : 'h'}${row}x${column}`;
    const parts = partsOf(style, id);
    const before = print(style, id, parts);
    patch(parts, style);
    const after = print(style, id, parts);
    const files = (side: typeof before): { readonly [file: string]: string } => ({ [`${id}/test/price.test.js`]: side.test, [`${id}/src/price.js`]: side.source });
    return { id, name: `${name} (${style.name})`, isCheat, before: files(before), after: files(after) };
  })));
}
