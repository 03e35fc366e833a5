import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';
import { accessText, unwrapped } from './access-text.ts';
import { bitsOfTest } from './payloads.ts';
import { elementsOf, identitiesOf } from './read-member.ts';
import { isLinear } from './regex/is-linear.ts';
import type { Run } from './run.ts';
import { isFunction } from './scope.ts';
import type { State } from './state.ts';
import { harm, joinTaint } from './taint.ts';
import type { Taint } from './taint.ts';
import { constant, joinAll, unknown } from './value.ts';
import type { FunctionRef, Value } from './value.ts';

const dangerousKey = /^(__proto__|constructor|prototype)$/;
const denying = /unsafe|danger|forbid|deny|black|block|reserved|disallow|invalid|bad|proto|illegal|evil|pollut/i;
const checkName = /^(is|has|check|assert|validate|ensure|verify|in|within|contains)?_?(path)?-?_?(is)?-?_?(safe|valid|allowed|inside|within|contained|child|sub|in|under|clean|permitted|legal|trusted|authorized|in-?cwd)/i;

/** What a test that holds, or does not, shows about the values in it. */
export function refine(run: Run, given: unknown, state: State, holds: boolean): void {
  const test = unwrapped(given);
  if (test === undefined) return;
  if (test.type === 'UnaryExpression' && test['operator'] === '!') refine(run, test['argument'], state, !holds);
  else if (test.type === 'UnaryExpression' && test['operator'] === '~') refineCall(run, unwrapped(test['argument']), state, holds);
  else if (test.type === 'LogicalExpression') refineLogical(run, test, state, holds);
  else if (test.type === 'BinaryExpression') refineBinary(run, test, state, holds);
  else if (test.type === 'AssignmentExpression') refine(run, test['right'], state, holds);
  else if (test.type === 'CallExpression' || test.type === 'OptionalCallExpression') refineCall(run, test, state, holds);
  else if (test.type === 'Identifier') {
    const initial = run.frame.scope.find(String(test['name']))?.initial;
    // `const inside = file.startsWith(root)`, asked about later.
    if (initial !== undefined && /^(Call|OptionalCall|Binary|Logical|Unary)Expression$/.test(initial.type)) refine(run, initial, state, holds);
  }
}

function refineLogical(run: Run, test: SyntaxNode, state: State, holds: boolean): void {
  const isAnd = test['operator'] === '&&';
  if (test['operator'] === '??') return;
  if (isAnd === holds) {
    refine(run, test['left'], state, holds);
    refine(run, test['right'], state, holds);
    return;
  }
  // One of both decides, and it is not known which: what holds either way.
  const [left, right] = [state.fork(), state.fork()];
  refine(run, test['left'], left, holds);
  refine(run, test['left'], right, !holds);
  refine(run, test['right'], right, holds);
  state.merge([left.since(state), right.since(state)]);
}

function refineBinary(run: Run, test: SyntaxNode, state: State, holds: boolean): void {
  const operator = String(test['operator']);
  const [left, right] = [unwrapped(test['left']), unwrapped(test['right'])];
  if (left === undefined || right === undefined) return;
  if (/^[!=]==?$/.test(operator)) {
    const isEqual = (operator.startsWith('=')) === holds;
    refineEqual(run, left, right, state, isEqual);
    refineEqual(run, right, left, state, isEqual);
    return;
  }
  if (operator === 'in') {
    const key = run.evaluate(left, state.fork());
    const holder = run.evaluate(right, state.fork());
    if (holds && holder.taint.size === 0) mark(key.taint, harm.all & ~harm.prototype, state);
    return;
  }
  refineOrder(run, operator, left, right, state, holds);
  refineOrder(run, operator.replace(/[<>]/, (sign) => (sign === '<' ? '>' : '<')), right, left, state, holds);
}

function refineEqual(run: Run, left: SyntaxNode, right: SyntaxNode, state: State, isEqual: boolean): void {
  if (left.type === 'UnaryExpression' && left['operator'] === 'typeof') {
    const type = run.evaluate(right, state.fork()).text;
    if (isEqual && (type === 'number' || type === 'boolean' || type === 'function' || type === 'undefined')) mark(run.evaluate(left['argument'], state.fork()).taint, harm.all, state);
    return;
  }
  const value = run.evaluate(right, state.fork());
  if (left.type === 'CallExpression' || left.type === 'OptionalCallExpression') {
    const text = value.text;
    const name = methodOf(left);
    // `a.indexOf(b) === -1`, `!== -1`, `=== 0`; `a.search(/…/) === -1`
    if (/^(indexOf|lastIndexOf|findIndex|search)$/.test(name) && text !== undefined) {
      const isFound = text === '-1' ? !isEqual : isEqual;
      const starts = text === '0';
      if (starts && name === 'indexOf') refineStart(run, left, state, isFound);
      else refineCall(run, left, state, isFound);
      return;
    }
    if (/^(slice|substr|substring|charAt|at)$/.test(name) && isEqual) refineStart(run, left, state, true, right);
    // `path.basename(name) === name`
    const other = run.evaluate(right, state.fork());
    if (isEqual && /^(basename|normalize|resolve|clean|sanitize)/.test(name) && sharesOrigin(run.evaluate((left['arguments'] as readonly unknown[])[0], state.fork()).taint, other.taint)) mark(other.taint, harm.path, state);
    if (text === 'true' || text === 'false') refineCall(run, left, state, (text === 'true') === isEqual);
    return;
  }
  const subject = run.evaluate(left, state.fork());
  // One whole path is another.
  if (isEqual && subject.normal === true && value.normal === true) mark(subject.taint, harm.path, state);
  if (value.taint.size > 0 || subject.taint.size === 0) return;
  if (isEqual && right.type !== 'NullLiteral' && !(right.type === 'Identifier' && right['name'] === 'undefined')) mark(subject.taint, harm.all, state);
  else if (!isEqual && value.text !== undefined && dangerousKey.test(value.text)) mark(subject.taint, harm.prototype, state);
  else if (!isEqual && value.text === '..') mark(subject.taint, harm.path, state);
  else if (!isEqual && isObjectPrototype(right)) mark(subject.taint, harm.prototype, state);
}

function isObjectPrototype(node: SyntaxNode): boolean {
  return accessText(node) === 'Object.prototype';
}

/** `a.length > 100`, `a.indexOf(b) >= 0` */
function refineOrder(run: Run, operator: string, left: SyntaxNode, right: SyntaxNode, state: State, holds: boolean): void {
  if (!/^[<>]=?$/.test(operator)) return;
  if (/MemberExpression$/.test(left.type) && isNode(left['property']) && /^(length|byteLength|size)$/.test(String(left['property']['name']))) {
    const isBelow = operator.startsWith('<') === holds;
    if (isBelow) mark(run.evaluate(left['object'], state.fork()).taint, harm.input, state);
    return;
  }
  if (left.type === 'CallExpression' && /^(indexOf|lastIndexOf|search|findIndex)$/.test(methodOf(left))) {
    const limit = run.evaluate(right, state.fork()).text ?? (right.type === 'UnaryExpression' ? '-1' : undefined);
    const isFound = (operator === '>=' && limit === '0') || (operator === '>' && limit === '-1');
    const isMissing = operator === '<' && limit === '0';
    if (isFound || isMissing) refineCall(run, left, state, isFound === holds);
    return;
  }
  // A number on either side has been compared as one.
}

/** Tests that are calls: of text, of lists, of expressions, and of functions of the project. */
function refineCall(run: Run, test: SyntaxNode | undefined, state: State, holds: boolean): void {
  if (test === undefined || !/CallExpression$/.test(test.type)) return;
  const callee = unwrapped(test['callee']);
  if (callee === undefined) return;
  const given = (test['arguments'] as readonly SyntaxNode[]) ?? [];
  const trial = state.fork();
  const argument = (at: number): Value => (given[at] === undefined ? constant('') : run.evaluate(given[at], trial));
  const name = methodOf(test);
  if (/MemberExpression$/.test(callee.type)) {
    const object = run.evaluate(callee['object'], trial);
    const regex = object.refs.find((ref) => ref.type === 'regex');
    if (regex !== undefined && (name === 'test' || name === 'exec')) {
      mark(argument(0).taint, bitsOfTest(regex.source, regex.flags, holds, isLinear(regex.source, regex.flags)), state);
      return;
    }
    if (/^(match|search|matchAll)$/.test(name)) {
      const expression = argument(0).refs.find((ref) => ref.type === 'regex');
      if (expression !== undefined) mark(object.taint, bitsOfTest(expression.source, expression.flags, holds, isLinear(expression.source, expression.flags)), state);
      return;
    }
    if (refineOwn(run, callee, given, state, holds)) return;
    if (/^(includes|indexOf|lastIndexOf|has|contains|some|every|startsWith|endsWith|find|findIndex)$/.test(name)) {
      refineMembership(run, { name, callee, object, given, argument }, state, holds);
      return;
    }
    if (/^isPrototypeOf$/.test(name)) return;
  }
  const target = run.evaluate(callee, trial);
  const known = target.refs.filter((ref) => ref.type === 'function');
  const library = target.refs.find((ref) => ref.type === 'library');
  if (known.length > 0) refineByFunction(run, known[0] as FunctionRef, test, state, holds);
  else if (library !== undefined) refineByLibrary(library.name, given.map((_, at) => argument(at)), state, holds);
  else if (checkName.test(name) && holds) for (const [at] of given.entries()) mark(argument(at).taint, harm.path | harm.command | harm.prototype, state);
  else if (denying.test(name) && !holds) for (const [at] of given.entries()) mark(argument(at).taint, harm.path | harm.command | harm.prototype, state);
}

interface Membership {
  readonly name: string;
  readonly callee: SyntaxNode;
  readonly object: Value;
  readonly given: readonly SyntaxNode[];
  readonly argument: (at: number) => Value;
}

function refineMembership(run: Run, { name, callee, object, given, argument }: Membership, state: State, holds: boolean): void {
  if (/^(some|every|find|findIndex)$/.test(name)) {
    // None is bad, or all are good: it holds for each.
    if (holds !== (name === 'every')) return;
    const callback = argument(0).refs.find((ref) => ref.type === 'function');
    const element = elementsOf(object);
    if (callback !== undefined) refineWith(run, callback, [element], state, holds);
    return;
  }
  if (name === 'startsWith') {
    refineStart(run, { type: 'CallExpression', callee, arguments: given }, state, holds);
    return;
  }
  const asked = argument(0);
  // `text.includes('..')`
  if (object.taint.size > 0) {
    if (holds || asked.text === undefined) return;
    const origins = joinTaint(object.taint, object.relativeOf ?? new Map());
    if (name !== 'endsWith' && /^([\\/]?\.\.[\\/]?|\.)$/.test(asked.text)) mark(origins, harm.path, state);
    if (dangerousKey.test(asked.text)) mark(origins, harm.prototype, state);
    return;
  }
  if (asked.taint.size === 0) return;
  const texts = object.refs.flatMap((ref) => (ref.type === 'object' ? [...ref.properties.values()].map((value) => value.text) : []));
  const isDenying = texts.some((text) => text !== undefined && dangerousKey.test(text)) || denying.test(accessText(callee['object']) ?? '');
  if (holds && !isDenying) mark(asked.taint, harm.all, state);
  else if (!holds && isDenying) mark(asked.taint, harm.prototype, state);
  else if (!holds && texts.includes('..')) mark(asked.taint, harm.path, state);
}

/** The beginning of a path: it stays below a folder, or does not begin with `..`. */
function refineStart(run: Run, call: SyntaxNode, state: State, holds: boolean, compared?: SyntaxNode): void {
  const callee = unwrapped(call['callee']);
  if (callee === undefined) return;
  const object = run.evaluate(callee['object'], state.fork());
  const asked = compared === undefined ? run.evaluate((call['arguments'] as readonly unknown[])[0], state.fork()) : run.evaluate(compared, state.fork());
  if (asked.text !== undefined && /^\.\.?[\\/]?$/.test(asked.text)) {
    if (!holds && object.relativeOf !== undefined) mark(object.relativeOf, harm.path, state);
    if (!holds && object.normal === true) mark(object.taint, harm.path, state);
    return;
  }
  if (asked.text !== undefined && !/[\\/]|^$/.test(asked.text)) {
    if (!holds && dangerousKey.test(asked.text)) mark(object.taint, harm.prototype, state);
    return;
  }
  if (holds && object.normal === true) mark(object.taint, harm.path, state);
}

/** `Object.hasOwn(object, key)` and its older forms. True: it was one. */
function refineOwn(run: Run, callee: SyntaxNode, given: readonly SyntaxNode[], state: State, holds: boolean): boolean {
  const name = isNode(callee['property']) ? String(callee['property']['name']) : '';
  const path = accessText(callee) ?? '';
  const isCall = name === 'call' && /hasOwnProperty\.call$|hasOwn\.call$|has\.call$|hop\.call$/i.test(path || `.${lastName(callee['object'])}.call`);
  const isStatic = name === 'hasOwn' || path === 'Reflect.has' || (name === 'has' && /^(_|lodash)\./.test(path));
  const isMethod = name === 'hasOwnProperty';
  if (!isCall && !isStatic && !isMethod) return false;
  const [objectNode, keyNode] = isMethod ? [callee['object'], given[0]] : [given[0], given[1]];
  const [object, key] = [run.evaluate(objectNode, state.fork()), run.evaluate(keyNode, state.fork())];
  if (!holds) return true;
  // A table of our own lists what is allowed.
  if (object.taint.size === 0 && object.refs.some((ref) => ref.type === 'object' && ref.properties.size > 0)) mark(key.taint, harm.all, state);
  for (const owner of identitiesOf(object)) for (const origin of key.taint.keys()) state.changes.owned.set(`${owner}|${origin}`, true);
  return true;
}

function lastName(node: unknown): string {
  return isNode(node) && isNode(node['property']) ? String(node['property']['name']) : isNode(node) ? String(node['name'] ?? '') : '';
}

/** A function of the project answers: what is known on the ways that lead to such an answer. */
function refineByFunction(run: Run, target: FunctionRef, test: SyntaxNode, state: State, holds: boolean): void {
  const given = (test['arguments'] as readonly SyntaxNode[]).map((argument) => run.evaluate(argument, state.fork()));
  refineWith(run, target, given, state, holds, /MemberExpression$/.test((test['callee'] as SyntaxNode).type) ? run.evaluate((test['callee'] as SyntaxNode)['object'], state.fork()) : undefined);
}

let depth = 0;

function refineWith(run: Run, target: FunctionRef, given: readonly Value[], state: State, holds: boolean, self?: Value): void {
  if (!isFunction(target.node) || depth > 4) return;
  depth += 1;
  try {
    const way = state.fork();
    const outer = run.frame;
    const answers: State[] = [];
    run.call(target, self ?? target.self ?? unknown, given, way, (value, node, at) => {
      if (value.text === String(!holds) || (node !== undefined && isFalsy(node) && holds)) return;
      const answer = at.fork();
      if (node !== undefined) refine(run, node, answer, holds);
      answers.push(answer);
    });
    run.frame = outer;
    if (answers.length === 0) return;
    const ways = answers.map((answer) => answer.since(state));
    const origins = new Set(ways.flatMap((one) => [...one.checked.keys()]));
    for (const origin of origins) state.check(origin, ways.reduce((bits, one) => bits & (one.checked.get(origin) ?? 0), -1));
    const owned = new Set(ways.flatMap((one) => [...one.owned.keys()]));
    for (const key of owned) if (ways.every((one) => one.owned.get(key) === true)) state.changes.owned.set(key, true);
  } finally {
    depth -= 1;
  }
}

function isFalsy(node: SyntaxNode): boolean {
  return (node.type === 'BooleanLiteral' && node['value'] === false) || node.type === 'NullLiteral' || (node.type === 'Identifier' && node['name'] === 'undefined');
}

function refineByLibrary(name: string, given: readonly Value[], state: State, holds: boolean): void {
  if (/^(Number\.is(Integer|SafeInteger|Finite)|Number\.isNaN|isNaN|isFinite|Array\.isArray)$/.test(name)) {
    if (holds !== /NaN$/.test(name) && !/Array/.test(name)) for (const value of given) mark(value.taint, harm.all, state);
    return;
  }
  if (holds && checkName.test(name)) mark(joinAll([...given]).taint, harm.path | harm.command | harm.prototype, state);
  else if (holds && /^validator\.is|^net\.isIP|\.isUUID$/.test(name)) mark(joinAll([...given]).taint, harm.all & ~harm.input, state);
  else if (holds && /safe-?regex/.test(name)) mark(joinAll([...given]).taint, harm.pattern, state);
}

function methodOf(call: SyntaxNode): string {
  const callee = unwrapped(call['callee']);
  if (callee === undefined) return '';
  return isNode(callee['property']) ? String(callee['property']['name'] ?? callee['property']['value'] ?? '') : String(callee['name'] ?? '');
}

function sharesOrigin(left: Taint, right: Taint): boolean {
  return [...left.keys()].some((origin) => right.has(origin));
}

function mark(taint: Taint, bits: number, state: State): void {
  if (bits !== 0) for (const origin of taint.keys()) state.check(origin, bits);
}
