import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';
import { accessText, nameOfPrivate, unwrapped } from './access-text.ts';
import { compose } from './compose.ts';
import { elementsOf, harmfulKey, identitiesOf, readElement, readMember } from './read-member.ts';
import type { Run } from './run.ts';
import type { State } from './state.ts';
import { from } from './taint.ts';
import { createObject, join, joinAll, ofRef, ofTaint, unknown } from './value.ts';
import type { Value } from './value.ts';

/** `left = right` and its kin. */
export function assign(run: Run, node: SyntaxNode, state: State): Value {
  const operator = String(node['operator']);
  if (operator === '=') {
    const value = run.evaluate(node['right'], state);
    bindPattern(run, node['left'], value, state, false, node['right']);
    return value;
  }
  const before = run.evaluate(node['left'], state);
  const right = run.evaluate(node['right'], state);
  const value = operator === '+=' ? compose([before, right]) : /^(\|\||&&|\?\?)=$/.test(operator) ? join(before, right) : unknown;
  bindPattern(run, node['left'], value, state, false, node['right']);
  return value;
}

/** Gives a value to a name, a member or a pattern. */
export function bindPattern(run: Run, pattern: unknown, value: Value, state: State, declare: boolean, given?: unknown): void {
  const target = unwrapped(pattern);
  if (target === undefined) return;
  if (target.type === 'Identifier') bindName(run, String(target['name']), value, state, declare);
  else if (target.type === 'MemberExpression' || target.type === 'OptionalMemberExpression') assignMember(run, target, value, state, given);
  else if (target.type === 'AssignmentPattern') bindPattern(run, target['left'], join(value, run.evaluate(target['right'], state)), state, declare);
  else if (target.type === 'TSParameterProperty') {
    bindPattern(run, target['parameter'], value, state, declare);
    const parameter = target['parameter'] as SyntaxNode;
    const name = parameter.type === 'AssignmentPattern' ? (parameter['left'] as SyntaxNode)['name'] : parameter['name'];
    setProperty(run.frame.self, String(name), value);
  } else if (target.type === 'RestElement') bindPattern(run, target['argument'], value, state, declare);
  else if (target.type === 'ObjectPattern') {
    for (const property of target['properties'] as readonly SyntaxNode[]) {
      if (property.type === 'RestElement') {
        bindPattern(run, property['argument'], value, state, declare);
        continue;
      }
      const key = property['key'];
      const part = property['computed'] === true ? readElement(run, value, run.evaluate(key, state), state) : readMember(run, value, isNode(key) ? String(key['name'] ?? key['value'] ?? '') : '', state);
      bindPattern(run, property['value'], part, state, declare);
    }
  } else if (target.type === 'ArrayPattern') {
    (target['elements'] as readonly unknown[]).forEach((element, index) => {
      if (!isNode(element)) return;
      const exact = joinAll(value.refs.flatMap((ref) => (ref.type === 'object' && ref.properties.has(String(index)) ? [ref.properties.get(String(index)) ?? unknown] : [])));
      const part = element.type === 'RestElement' ? value : exact === unknown ? elementsOf(value) : join(exact, ofTaint(elementsOf({ ...value, refs: [] }).taint));
      bindPattern(run, element, part, state, declare);
    });
  }
}

function bindName(run: Run, name: string, value: Value, state: State, declare: boolean): void {
  const binding = declare ? run.frame.scope.declare(name) : run.frame.scope.find(name);
  if (binding === undefined) return;
  if (!declare) delete binding.initial;
  state.changes.variables.set(binding, value);
  state.forgetMembers(name);
}

function assignMember(run: Run, target: SyntaxNode, value: Value, state: State, given: unknown): void {
  const object = run.evaluate(target['object'], state);
  const property = target['property'] as SyntaxNode;
  const access = accessText(target);
  if (access !== undefined) {
    state.forgetMembers(access);
    if (value.text === undefined && (value.taint.size > 0 || isSimple(value))) state.changes.members.set(access, value);
  }
  if (target['computed'] !== true) {
    const name = String(property['name'] ?? nameOfPrivate(property));
    for (const ref of object.refs) {
      if (ref.type === 'object' || ref.type === 'function') ref.properties.set(name, ref.properties.has(name) ? join(ref.properties.get(name) ?? unknown, value) : value);
    }
    return;
  }
  const key = run.evaluate(property, state);
  for (const ref of object.refs) {
    if (ref.type !== 'object') continue;
    if (key.text !== undefined) ref.properties.set(key.text, join(ref.properties.get(key.text) ?? unknown, value));
    else ref.rest = join(ref.rest, value);
  }
  const harmful = harmfulKey(key, state);
  if (isFresh(given)) {
    for (const owner of identitiesOf(object)) for (const origin of harmful.keys()) state.changes.owned.set(`${owner}|${origin}`, true);
    return;
  }
  if (object.prototype !== true || harmful.size === 0) return;
  const isRemote = [...harmful.values()].some((mark) => (mark.from & from.remote) !== 0);
  run.report({
    category: 'prototype-pollution', rule: 'assignment-by-key', sink: 'assignment', severity: isRemote ? 'critical' : 'high',
    message: 'A key that comes from outside is written to an object that another such key led to: with "__proto__" or "constructor" that is the prototype of all objects. Refuse these keys, or use a Map or objects without a prototype.',
  }, target);
}

/** A new, empty object replaces whatever stood there. */
function isFresh(given: unknown): boolean {
  const node = unwrapped(given);
  if (node === undefined) return false;
  if (node.type === 'ObjectExpression' || node.type === 'ArrayExpression') return ((node['properties'] ?? node['elements']) as readonly unknown[]).length === 0;
  if (node.type === 'ConditionalExpression') return isFresh(node['consequent']) && isFresh(node['alternate']);
  if (node.type === 'LogicalExpression') return false;
  return node.type === 'CallExpression' && accessText(node['callee']) === 'Object.create';
}

function isSimple(value: Value): boolean {
  return value.refs.every((ref) => ref.type !== 'object' || ref.is !== 'array');
}

function setProperty(object: Value | undefined, name: string, value: Value): void {
  for (const ref of object?.refs ?? []) if (ref.type === 'object') ref.properties.set(name, value);
}

/** A new array with these as its elements. */
export function arrayOf(elements: readonly Value[], rest: Value = unknown): Value {
  const array = createObject('array');
  elements.forEach((element, index) => array.properties.set(String(index), element));
  array.rest = rest;
  return ofRef(array);
}
