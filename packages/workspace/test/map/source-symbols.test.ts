import { describe, expect, it } from 'vitest';
import { readFocus } from '../../src/map/focus.ts';
import { isGenerated, isMapped, sourceSymbols } from '../../src/map/source-symbols.ts';

const declared = (file: string, text: string): readonly string[] => sourceSymbols(file, text).definitions.map(({ name, line }) => `${line} ${name}`);
const named = (file: string, text: string): readonly string[] => [...sourceSymbols(file, text).references.keys()];

describe('symbols of JavaScript and TypeScript', () => {
  it('are what is declared at the top, and members of classes', () => {
    const text = `import { other } from './other.ts';
export async function* readAll<T>(path: string): AsyncGenerator<T> {
  const inner = 1;
  if (path) { function hidden() {} }
}
export interface Price { cents: number; format(locale: string): string }
export type Money<T> = { amount: T };
export enum Colour { Red }
export const limit = 5, second = 6;
const { taken } = other;
export abstract class Cart extends Base {
  #secret() {}
  total = 0;
  handler = async () => {};
  static get sum(): number { return this.count(1); }
  constructor() { super(); }
  add(price: Price): void;
  add(price: Price): void { if (price) { this.later(); } }
}
namespace Inside { export function deep() {} }
exports.old = function () {};
Cart.prototype.more = function () {};
`;
    expect(declared('a.ts', text)).toEqual(['2 readAll', '6 Price', '6 format', '7 Money', '8 Colour', '9 limit', '11 Cart', '12 secret', '14 handler', '15 sum', '17 add', '20 Inside', '20 deep', '21 old', '22 more']);
  });

  it('are not what stands in strings, comments, templates and regular expressions', () => {
    const text = [
      "const quoted = 'function one() {}';", '// function two() {}', '/* class Three {', '*/', 'const text = `function four() {} ${used(`${deeper}`)} class Five {}`;',
      'const pattern = /["\'`]function six/.test(value) ? half / whole : 3;', "const open = 'never closed", 'export function seven() {}', 'const eight = `never closed', 'function nine() {}',
    ].join('\n');
    expect(declared('a.js', text)).toEqual(['1 quoted', '5 text', '6 pattern', '7 open', '8 seven', '9 eight']);
    expect(named('a.js', text)).toEqual(['used', 'deeper', 'test', 'value', 'half', 'whole']);
  });

  it('are found in a module that is one function, and count overloads and uses', () => {
    expect(declared('a.js', '(function (root) {\n  function parse() {}\n  function format() { function inner() {} }\n}(this));')).toEqual(['2 parse', '3 format']);
    expect(sourceSymbols('a.js', 'call(first, first);\nfirst();').references).toEqual(new Map([['call', 1], ['first', 3]]));
  });

  it('say where names come from', () => {
    const text = "import fs, { readFile as read } from 'node:fs';\nimport './effect.js';\nexport type { Price } from \"./price.ts\";\nexport * from './all.js';\nconst { other } = require('../other');\nconst lazy = await import('./lazy.js');\nconst from = 'nowhere';\n";
    const { imports } = sourceSymbols('a.ts', text);
    expect(imports?.specifiers).toEqual(['node:fs', './effect.js', './price.ts', './all.js', '../other', './lazy.js']);
    expect([...(imports?.names ?? [])]).toEqual(['fs', 'readFile', 'read', 'Price']);
  });

  it('are shown without what long strings say', () => {
    const text = (line: string): string | undefined => sourceSymbols('a.ts', line).definitions[0]?.text;
    expect(text("export const key = 'sk-0123456789abcdef', kind = 'short';")).toBe("export const key = '…', kind = 'short';");
    expect(text('const open = `never closed and long')).toBe('const open = `…`');
    expect(text('function find(name: string, options = {}) {')).toBe('function find(name: string, options = {})');
  });

  it('take code of any kind without an error', () => {
    for (const text of ['', '}}}}', '`${`${`${', '/[/', "'\\", '\\u{}', '{'.repeat(50_000), 'class', 'function', '\u2028\ud800', '<p>don\'t</p>', '#!/usr/bin/env node\nclass A {}']) expect(() => sourceSymbols('a.tsx', text)).not.toThrow();
    expect(declared('a.js', '#!/usr/bin/env node\nclass A {}')).toEqual(['2 A']);
  });
});

it('ends with files that were made to take long', () => {
  const hostile = ['(/[', '/[', '{', 'namespace a{', '`${', '"', "'a", 'import ', 'a:', '/*', 'public '];
  for (const part of hostile) {
    const line = part.repeat(Math.floor(290 / part.length));
    sourceSymbols('a.ts', `${'\n'.repeat(300_000)}${part.repeat(100_000)}`);
    for (const file of ['a.py', 'a.java', 'a.c', 'a.rs', 'a.kt']) sourceSymbols(file, `${line}\n`.repeat(1_000));
  }
  readFocus(hostile.map((part) => part.repeat(5_000)));
});

describe('symbols of other languages', () => {
  it.each([
    ['a.py', 'MAX_SIZE = 3\nclass Price(Base):\n    """class Doc:\n    def no(self):\n    """\n    async def read(self): # def not_me\n        x = "def never():"\n', ['1 MAX_SIZE', '2 Price', '6 read']],
    ['a.go', 'package main\n/* func No() {\n*/\nfunc (s *Server) Listen(addr string) error {\n}\ntype Server struct {\nvar Default = 1\n', ['4 Listen', '6 Server', '7 Default']],
    ['a.rs', "pub(crate) async fn read<'a>(x: &'a str) {}\npub struct Price {\nimpl Price {\n    pub const fn cents(&self) {}\nmacro_rules! sum {\n", ['1 read', '2 Price', '4 cents', '5 sum']],
    ['A.java', 'public final class Cart extends Base {\n  private static int total(List<Price> all) {\n    return add(all);\n  }\n}\n', ['1 Cart', '2 total']],
    ['a.cs', 'namespace Shop.Parts;\npublic record Price(int Cents);\n    public override async Task<int> Total(int x)\n', ['1 Parts', '2 Price', '3 Total']],
    ['a.kt', 'data class Price(val cents: Int)\nfun <T> List<T>.total(): Int {\n', ['1 Price', '2 total']],
    ['a.rb', 'module Shop\n  class Cart\n    def self.build\n    def total? # def no\n', ['1 Shop', '2 Cart', '3 build', '4 total']],
    ['a.php', '<?php\nabstract class Cart {\n  public static function total($x) {\n', ['2 Cart', '3 total']],
    ['a.c', '#define LIMIT 3\nstruct price {\nstatic int total(struct price *p)\n{\n  return add(p);\n}\n', ['1 LIMIT', '2 price', '3 total']],
  ])('are what its lines declare: %s', (file, text, expected) => {
    expect(declared(file, text)).toEqual(expected);
  });
});

describe('files of a map', () => {
  it('are sources that people wrote', () => {
    for (const file of ['src/a.ts', 'b.mjs', 'x/c.py', 'builds/d.go']) expect(isMapped(file), file).toBe(true);
    for (const file of ['a.min.js', 'dist/a.js', 'x/vendor/a.go', 'a.pb.go', 'a_pb2.py', 'a.css', 'README.md', 'a.generated.ts']) expect(isMapped(file), file).toBe(false);
    expect(isGenerated('// Code generated by protoc. DO NOT EDIT.\n')).toBe(true);
    expect(isGenerated(`const a=1;${'b(2);'.repeat(1_000)}`)).toBe(true);
    expect(isGenerated('const a = 1;\n'.repeat(1_000))).toBe(false);
  });
});
