import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countTokens, drawMap } from '../../src/map/draw-map.ts';
import { readFocus } from '../../src/map/focus.ts';
import { sourceSymbols } from '../../src/map/source-symbols.ts';
import { rankSymbols } from '../../src/map/symbol-graph.ts';
import type { SourceFile } from '../../src/map/symbol-graph.ts';

const source = (file: string, text: string): SourceFile => ({ file, symbols: sourceSymbols(file, text) });
const map = (sources: readonly SourceFile[], focus: readonly string[], budget = 1_500): string => drawMap(rankSymbols(sources, readFocus(focus)), budget).text;

const shop = [
  source('src/price.ts', 'export interface Price {}\nexport function addPrices() {}\n'),
  source('src/cart.ts', "import { addPrices } from './price.ts';\nexport class Cart {\n  total() { return addPrices(); }\n}\n"),
  source('src/mail.ts', 'export function sendMail() {}\nexport function readMail() {}\n'),
  source('test/cart.test.ts', "import { Cart } from '../src/cart.ts';\ntest('adds', () => new Cart().total());\n"),
  source('legacy/mail.py', 'def send_mail():\n    pass\n'),
];

describe('the map', () => {
  it('shows declarations with their lines, who uses a file, and what is left out', () => {
    const text = map(shop, []);
    expect(text).toContain('src/price.ts (used in src/cart.ts)\n  1: export interface Price {}\n  2: export function addPrices() {}');
    expect(text).toContain('test/cart.test.ts\n');
    expect(text.split('\n').at(-1)).toMatch(/^\[7 of 7 declarations, in 5 of 5 source files;/);
  });

  it.each([
    ['words', ['the mail is sent twice'], 'mail'], ['a name', ['fix addPrices'], 'src/price.ts'], ['a path', ['see src\\cart.ts:3'], 'src/cart.ts'], ['the end of a path', ['in mail.py'], 'legacy/mail.py'],
  ])('begins with what %s of the focus mean', (_what, focus, expected) => {
    expect(map(shop, focus).split('\n')[0]).toContain(expected);
  });

  it('ranks what others use above what nobody uses', () => {
    const text = map([...shop.slice(0, 2), source('src/a.ts', 'export function lonely() {}')], []);
    expect(text.indexOf('addPrices')).toBeLessThan(text.indexOf('lonely'));
  });

  it('follows imports: a name counts for the declaration in the file that is imported', () => {
    const declares = (file: string): SourceFile => source(file, 'export const line = 1;\n');
    const text = map([declares('src/one.ts'), declares('src/two/index.ts'), source('src/user.ts', "import { line } from './two';\nprint(line);\n"), source('src/other.ts', 'const other = (line) => line;\n')], []);
    expect(text).toContain('src/two/index.ts (used in src/user.ts)\n');
    expect(text).toContain('src/one.ts\n');
  });

  it('shows control and bidirectional characters of code as blanks, and of names escaped', () => {
    expect(map([source('a\nb.js', 'function one() {} // \u202E\u0007')], [])).toMatch(/^"a\\nb\.js"\n {2}1: function one\(\) {} \/\/\s*\n/);
  });

  it('never has more tokens than its budget, and is the same in whichever order the files come', () => {
    const name = fc.constantFrom('alpha', 'betaGamma', 'delta', 'run', '_private', 'größe', 'x'.repeat(90));
    const file = fc.record({
      file: fc.tuple(fc.constantFrom('src', 'lib', 'deep/er/ü'), fc.nat(30), fc.constantFrom('ts', 'js', 'py')).map(([folder, number, end]) => `${folder}/f${number}.${end}`),
      text: fc.array(fc.oneof(name.map((one) => `export function ${one}() {}`), name.map((one) => `${one}();`), name.map((one) => `def ${one}():`), fc.string()), { maxLength: 30 }).map((lines) => lines.join('\n')),
    });
    fc.assert(
      fc.property(fc.uniqueArray(file, { selector: (one) => one.file, maxLength: 25 }), fc.array(fc.oneof(name, fc.string()), { maxLength: 5 }), fc.integer({ min: 200, max: 1_500 }), (files, focus, budget) => {
        const sources = files.map(({ file: path, text }) => source(path, text));
        const text = map(sources, focus, budget);
        expect(countTokens(text)).toBeLessThanOrEqual(budget);
        expect(map(sources.toReversed(), focus, budget)).toBe(text);
      }),
      { numRuns: 200, seed: Number(process.env['FW_SEED'] ?? 1) },
    );
  });
});
