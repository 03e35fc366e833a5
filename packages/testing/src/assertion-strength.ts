import { isNode, namesOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';
import { isConstant, isSameCode } from './syntax-values.ts';

/** How far a value may be from what is expected. */
export interface Bound {
  readonly kind: 'tolerance' | 'upper' | 'lower';
  readonly value: number;
}

/** What assertions check: values, how many of them for what they are, and not only that they are there. */
export interface Strength {
  readonly values: number;
  readonly exact: number;
  readonly bounds: readonly Bound[];
}

interface Check {
  readonly names: readonly string[];
  readonly given: readonly SyntaxNode[];
  /** What is looked at and what it is compared with. */
  readonly compared: readonly SyntaxNode[];
  readonly numberOf: (node: SyntaxNode | undefined) => number | undefined;
}

const upper = /^(toBeLessThan(OrEqual)?|below|lessThan|isBelow|isAtMost|lte?|most)$/;
const lower = /^(toBeGreaterThan(OrEqual)?|above|greaterThan|isAbove|isAtLeast|gte?|least)$/;
const vague = /^(ok|truthy|isOk|notOk|falsy|exists?|assert|toBeDefined|toBeTruthy|toBeFalsy|toBeInstanceOf|toBeTypeOf|instanceOf|instanceof|isObject|isString|isNumber|isFunction|isArray|isDefined|isNotNull|pass)$/;
const throwing = /^(throws?|throwsAsync|rejects|toThrow(Error)?|toThrowError|rejectedWith)$/;

/** One assertion; nothing for one that cannot fail. */
export function weigh({ names, given, compared, numberOf }: Check): Strength {
  const method = names.at(-1) ?? '';
  const [first, second] = compared;
  const isSame = first !== undefined && second !== undefined && isSameCode(first, second);
  if (isSame || (compared.length > 0 && compared.every(isConstant))) return { values: 0, exact: 0, bounds: [] };
  const values = Math.max(1, ...given.map(leaves));
  const bounds = boundsOf(method, given, compared, numberOf);
  return { values, exact: isExact(names, method, given, bounds) ? Math.max(0, values - given.map(vagueLeaves).reduce((sum, one) => sum + one, 0)) : 0, bounds };
}

function isExact(names: readonly string[], method: string, given: readonly SyntaxNode[], bounds: readonly Bound[]): boolean {
  if (names.includes('not') || /^(not|doesNot)/.test(method)) return false;
  if (throwing.test(method)) return given.length > (names[0] === 'expect' ? 0 : 1);
  if (upper.test(method) || lower.test(method)) return false;
  if (bounds.some(({ kind }) => kind === 'tolerance')) return true;
  // `ok(a === 3)` says as much as `equal(a, 3)`, `ok(a < 3)` as much as a limit.
  if (vague.test(method) || method === 'true' || method === 'isTrue') return given[0]?.type === 'BinaryExpression' && /^===?$/.test(String(given[0]['operator'])) || (/^(true|isTrue)$/.test(method) && bounds.length === 0);
  return true;
}

function boundsOf(method: string, given: readonly SyntaxNode[], compared: readonly SyntaxNode[], numberOf: Check['numberOf']): readonly Bound[] {
  if (method === 'toBeCloseTo') return [{ kind: 'tolerance', value: 10 ** -(numberOf(given[1]) ?? 2) / 2 }];
  if (/^(closeTo|approximately|approx|isCloseTo|inDelta)$/.test(method)) {
    const delta = numberOf(given.at(-1));
    return delta === undefined ? [] : [{ kind: 'tolerance', value: delta }];
  }
  const isUpper = upper.test(method);
  if (isUpper || lower.test(method)) {
    const limit = numberOf(compared.at(-1));
    return limit === undefined ? [] : [{ kind: isUpper ? 'upper' : 'lower', value: limit }];
  }
  return given.slice(0, 1).flatMap((one) => comparison(one, numberOf));
}

/** `a < 3` inside `ok(…)`. */
function comparison(node: SyntaxNode, numberOf: Check['numberOf']): readonly Bound[] {
  if (node.type === 'LogicalExpression') return [node['left'], node['right']].filter(isNode).flatMap((part) => comparison(part, numberOf));
  if (node.type !== 'BinaryExpression' || !/^[<>]=?$/.test(String(node['operator']))) return [];
  const [left, right] = [numberOf(node['left'] as SyntaxNode), numberOf(node['right'] as SyntaxNode)];
  const isBelow = String(node['operator']).startsWith('<');
  if (right !== undefined) return [{ kind: isBelow ? 'upper' : 'lower', value: right }];
  return left === undefined ? [] : [{ kind: isBelow ? 'lower' : 'upper', value: left }];
}

/** Values in an expected object or array. */
function leaves(node: SyntaxNode): number {
  if (node.type !== 'ObjectExpression' && node.type !== 'ArrayExpression') return 1;
  const parts = (node['properties'] ?? node['elements']) as readonly unknown[];
  return parts.filter(isNode).reduce((sum, part) => sum + leaves(part.type === 'ObjectProperty' && isNode(part['value']) ? part['value'] : part), 0);
}

/** Of them, those that may be anything. */
function vagueLeaves(node: SyntaxNode): number {
  if (node.type === 'ObjectExpression' || node.type === 'ArrayExpression') {
    const parts = (node['properties'] ?? node['elements']) as readonly unknown[];
    return parts.filter(isNode).reduce((sum, part) => sum + vagueLeaves(part.type === 'ObjectProperty' && isNode(part['value']) ? part['value'] : part), 0);
  }
  const names = node.type === 'CallExpression' || node.type === 'MemberExpression' ? namesOf(node) : [];
  return (names[0] === 'expect' && /^(anything|any)$/.test(names.at(-1) ?? '')) || (names[0] === 'sinon' && names[1] === 'match' && names.at(-1) === 'any') ? 1 : 0;
}
