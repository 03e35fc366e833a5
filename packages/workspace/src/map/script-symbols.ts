import { scriptTokens } from './script-tokens.ts';
import type { Token } from './script-tokens.ts';
import { declarationText, mostDefinitions, mostNames } from './declarations.ts';
import type { Definition, Imports, SourceSymbols } from './declarations.ts';

const keywords = new Set(
  ('abstract any as async await boolean break case catch class const constructor continue declare default delete do else enum export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace never new null number object of private protected public readonly require return satisfies set static string super switch symbol this throw true try type typeof undefined unknown var void while with yield').split(' '),
);
const modifiers = new Set(['async', 'static', 'get', 'set', 'public', 'private', 'protected', 'readonly', 'override', 'abstract', 'declare', 'accessor']);

/** What is open around a token: the body of a class or an interface, a namespace, or anything else in braces. */
type Around = 'members' | 'namespace' | 'block';

/** Declarations and names of JavaScript and TypeScript by their tokens; the code need not be correct. */
export function scriptSymbols(text: string): SourceSymbols {
  const tokens = scriptTokens(text);
  const lines = text.split('\n');
  const definitions: Definition[] = [];
  const declared = new Set<number>();
  const seen = new Set<string>();
  const around: Around[] = [];
  /** How many of them are no namespace. */
  let inside = 0;
  /** Where each open body of members began, so that overloads count once. */
  const bodies: number[] = [];
  let opens: Around = 'block';

  const define = (index: number, isOuter: boolean): void => {
    const token = tokens[index];
    if (token?.type !== 'name' || keywords.has(token.value)) return;
    declared.add(index);
    const key = isOuter ? token.value : `${bodies.at(-1) ?? 0} ${token.value}`;
    if (seen.has(key) || definitions.length >= mostDefinitions) return;
    seen.add(key);
    definitions.push({ name: token.value, line: token.line, text: declarationText(lines[token.line - 1] ?? ''), isOuter });
  };

  for (const [index, token] of tokens.entries()) {
    const { type, value } = token;
    if (type === 'punctuation') {
      if (value === '{') {
        around.push(opens);
        if (opens !== 'namespace') inside += 1;
        if (opens === 'members') bodies.push(index);
        opens = 'block';
      } else if (value === '}' && around.length > 0) {
        const closed = around.pop();
        if (closed === 'members') bodies.pop();
        if (closed !== 'namespace') inside -= 1;
      }
      if (value === ';') opens = 'block';
      continue;
    }
    if (type !== 'name') continue;
    const isOuter = inside === 0;
    const isProperty = isPunctuation(tokens[index - 1], '.');
    if (around.at(-1) === 'members') {
      if (isMember(tokens, index)) define(index, false);
    } else if (isProperty) {
      if (isAssignedProperty(tokens, index, isOuter)) define(index, true);
    } else if (value === 'class' || value === 'interface') {
      if (tokens[index + 1]?.type === 'name' || isPunctuation(tokens[index + 1], '{')) opens = 'members';
      if (around.length <= 1) define(index + 1, isOuter);
    } else if (value === 'function') {
      // Old modules have all of their code in one function.
      if (around.length <= 1) define(isPunctuation(tokens[index + 1], '*') ? index + 2 : index + 1, isOuter);
    } else if (isOuter && (value === 'namespace' || value === 'module') && tokens[index + 1]?.type === 'name' && isPunctuation(tokens[index + 2], '{')) {
      opens = 'namespace';
      define(index + 1, true);
    } else if (isOuter && (value === 'enum' || value === 'const' || value === 'let' || value === 'var')) define(index + 1, true);
    else if (isOuter && value === 'type' && (isPunctuation(tokens[index + 2], '=') || isPunctuation(tokens[index + 2], '<'))) define(index + 1, true);
  }
  return { definitions, references: countNames(tokens, declared), imports: readImports(tokens) };
}

function isPunctuation(token: Token | undefined, value: string): boolean {
  return token?.type === 'punctuation' && token.value === value;
}

/** A method, or a property that holds a function. */
function isMember(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  const after = tokens[index + 1];
  const token = tokens[index] as Token;
  const follows = before === undefined || modifiers.has(before.value) || ['{', '}', ';', '*', '#', ')'].includes(before.value)
    || (before.line < token.line && (before.type !== 'punctuation' || before.value === ']' || before.value === '>'));
  if (!follows) return false;
  if (isPunctuation(after, '(') || isPunctuation(after, '<')) return true;
  const third = tokens[index + 2];
  return isPunctuation(after, '=') && (isPunctuation(third, '(') || third?.value === 'async' || third?.value === 'function');
}

/** `exports.name =`, `Type.prototype.name =`, and at the top `Type.name = function`. */
function isAssignedProperty(tokens: readonly Token[], index: number, isOuter: boolean): boolean {
  if (!isPunctuation(tokens[index + 1], '=') || isPunctuation(tokens[index + 2], '=') || isPunctuation(tokens[index + 2], '>')) return false;
  const owner = tokens[index - 2]?.value;
  if (owner === 'exports' || owner === 'prototype') return true;
  const assigned = tokens[index + 2]?.value;
  return isOuter && (assigned === 'function' || assigned === 'async' || assigned === 'class');
}

function countNames(tokens: readonly Token[], declared: ReadonlySet<number>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [index, { type, value }] of tokens.entries()) {
    if (type !== 'name' || value.length < 3 || declared.has(index) || keywords.has(value)) continue;
    if (counts.has(value) || counts.size < mostNames) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** Of `import … from`, `export … from`, `import(…)` and `require(…)`. */
function readImports(tokens: readonly Token[]): Imports {
  const specifiers = new Set<string>();
  const names = new Set<string>();
  let began = -1;
  for (const [index, { type, value }] of tokens.entries()) {
    const before = tokens[index - 1];
    if (type === 'name' && (value === 'import' || value === 'export') && !isPunctuation(before, '.')) began = index;
    else if (type === 'literal' && before !== undefined && isSource(before, tokens[index - 2])) {
      specifiers.add(value);
      if (before.value === 'from' && began >= 0) for (const token of tokens.slice(began + 1, index - 1)) if (token.type === 'name' && !keywords.has(token.value)) names.add(token.value);
      began = -1;
    } else if (isPunctuation(tokens[index], ';') || isPunctuation(tokens[index], '(') || isPunctuation(tokens[index], '=')) began = -1;
  }
  return { specifiers: [...specifiers], names };
}

function isSource(before: Token, second: Token | undefined): boolean {
  if (before.type === 'name') return before.value === 'from' || before.value === 'import';
  return before.value === '(' && (second?.value === 'require' || second?.value === 'import');
}
