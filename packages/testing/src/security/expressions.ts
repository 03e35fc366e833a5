import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';
import { accessText, isWrapper, nameOfPrivate } from './access-text.ts';
import { evaluateCall } from './calls.ts';
import { compose } from './compose.ts';
import { readElement, readMember } from './read-member.ts';
import type { Run } from './run.ts';
import { isFunction, Scope } from './scope.ts';
import type { State } from './state.ts';
import { assign } from './assignments.ts';
import { constant, createObject, harmless, join, joinAll, library, ofRef, ofTaint, unknown } from './value.ts';
import type { FunctionRef, ObjectRef, Value } from './value.ts';
import { from, harm } from './taint.ts';

/** What an expression gives, with what evaluating it changes. */
export function evaluateExpression(run: Run, node: SyntaxNode, state: State): Value {
  if (isWrapper(node)) return run.evaluate(node['expression'], state);
  const evaluate = evaluators[node.type];
  return evaluate === undefined ? unknown : evaluate(run, node, state);
}

type Evaluate = (run: Run, node: SyntaxNode, state: State) => Value;

const literal: Evaluate = (_run, node) => constant(String(node['value']));

const evaluators: { readonly [type: string]: Evaluate } = {
  StringLiteral: literal,
  NumericLiteral: literal,
  BooleanLiteral: literal,
  RegExpLiteral: (_run, node) => ofRef({ type: 'regex', source: String(node['pattern']), flags: String(node['flags']), line: node.loc?.start.line ?? 0 }),
  TemplateLiteral: template,
  Identifier: identifier,
  ThisExpression: (run) => run.frame.self,
  Super: (run) => run.frame.self,
  MemberExpression: member,
  OptionalMemberExpression: member,
  CallExpression: evaluateCall,
  OptionalCallExpression: evaluateCall,
  NewExpression: evaluateCall,
  ImportExpression: evaluateCall,
  TaggedTemplateExpression: tagged,
  AwaitExpression: (run, node, state) => run.evaluate(node['argument'], state),
  YieldExpression: (run, node, state) => run.evaluate(node['argument'], state),
  SpreadElement: (run, node, state) => run.evaluate(node['argument'], state),
  BinaryExpression: binary,
  LogicalExpression: logical,
  ConditionalExpression: conditional,
  AssignmentExpression: assign,
  SequenceExpression: (run, node, state) => (node['expressions'] as readonly unknown[]).map((one) => run.evaluate(one, state)).at(-1) ?? unknown,
  UnaryExpression: unary,
  UpdateExpression: (run, node, state) => (run.evaluate(node['argument'], state), unknown),
  ObjectExpression: objectLiteral,
  ArrayExpression: arrayLiteral,
  ArrowFunctionExpression: functionValue,
  FunctionExpression: functionValue,
  ClassExpression: classValue,
  JSXElement: (run, node, state) => (visitAll(run, node, state), unknown),
  JSXFragment: (run, node, state) => (visitAll(run, node, state), unknown),
};

function visitAll(run: Run, node: SyntaxNode, state: State): void {
  for (const child of (node['children'] ?? []) as readonly SyntaxNode[]) run.evaluate(child['expression'] ?? child, state);
}

function template(run: Run, node: SyntaxNode, state: State): Value {
  const texts = (node['quasis'] as readonly SyntaxNode[]).map((quasi) => constant(String((quasi['value'] as { readonly cooked?: unknown }).cooked ?? '')));
  const values = (node['expressions'] as readonly unknown[]).map((one) => run.evaluate(one, state));
  return compose(texts.flatMap((text, index) => [text, ...(values[index] === undefined ? [] : [values[index]])]));
}

function tagged(run: Run, node: SyntaxNode, state: State): Value {
  run.evaluate(node['tag'], state);
  const quasi = node['quasi'];
  if (isNode(quasi)) for (const one of quasi['expressions'] as readonly unknown[]) run.evaluate(one, state);
  return unknown;
}

function identifier(run: Run, node: SyntaxNode, state: State): Value {
  const name = String(node['name']);
  const binding = run.frame.scope.find(name);
  if (binding !== undefined) return state.variable(binding);
  if (name === 'process' || name === 'eval' || name === 'Function' || name === 'require' || name === 'setTimeout' || name === 'setInterval' || name === 'setImmediate' || name === 'Object' || name === 'JSON' || name === 'Bun' || name === 'Deno') return library(name);
  if (name === '__dirname' || name === '__filename') return unknown;
  return globals.has(name) ? library(name) : unknown;
}

const globals = new Set(['Number', 'parseInt', 'parseFloat', 'String', 'Boolean', 'Math', 'Array', 'Map', 'Set', 'WeakMap', 'RegExp', 'URL', 'URLSearchParams', 'decodeURIComponent', 'decodeURI', 'encodeURIComponent', 'encodeURI', 'escape', 'unescape', 'Buffer', 'Reflect', 'Date', 'globalThis', 'global', 'window', 'isNaN', 'BigInt', 'execScript', 'atob', 'btoa', 'structuredClone', 'Promise', 'Symbol', 'Error', 'TypeError']);

function member(run: Run, node: SyntaxNode, state: State): Value {
  const access = accessText(node);
  const narrowed = access === undefined ? undefined : state.member(access);
  if (narrowed !== undefined) return narrowed;
  const object = run.evaluate(node['object'], state);
  const property = node['property'];
  if (!isNode(property)) return unknown;
  if (node['computed'] === true) return readElement(run, object, run.evaluate(property, state), state);
  const name = String(property['name'] ?? nameOfPrivate(property));
  if (object.refs.some((ref) => ref.type === 'library' && ref.name === 'process') && name === 'argv') return ofTaint(new Map([['argv', { from: from.arguments, shape: 0, safe: 0 }]]));
  return readMember(run, object, name, state);
}

function binary(run: Run, node: SyntaxNode, state: State): Value {
  const left = isNode(node['left']) && node['left'].type === 'PrivateName' ? unknown : run.evaluate(node['left'], state);
  const right = run.evaluate(node['right'], state);
  return node['operator'] === '+' ? compose([left, right]) : unknown;
}

function logical(run: Run, node: SyntaxNode, state: State): Value {
  const left = run.evaluate(node['left'], state);
  const way = state.fork();
  if (node['operator'] !== '??') run.refine(node['left'], way, node['operator'] === '&&');
  const right = run.evaluate(node['right'], way);
  state.merge([state.fork().changes, way.since(state)]);
  // What is before `&&` is given on only where it is falsy.
  return node['operator'] === '&&' ? right : join(left, right);
}

function conditional(run: Run, node: SyntaxNode, state: State): Value {
  run.evaluate(node['test'], state);
  const [yes, no] = [state.fork(), state.fork()];
  run.refine(node['test'], yes, true);
  run.refine(node['test'], no, false);
  // What a check has shown holds for the value from here on, since only that way leads to it.
  const values = [narrow(run.evaluate(node['consequent'], yes), yes), narrow(run.evaluate(node['alternate'], no), no)];
  state.merge([yes.since(state), no.since(state)]);
  return joinAll(values);
}

function narrow(value: Value, state: State): Value {
  if (value.taint.size === 0) return value;
  return { ...value, taint: new Map([...value.taint].map(([origin, mark]) => [origin, { ...mark, safe: mark.safe | state.checkedFor(origin) }])) };
}

function unary(run: Run, node: SyntaxNode, state: State): Value {
  const value = run.evaluate(node['argument'], state);
  return node['operator'] === '+' || node['operator'] === '-' || node['operator'] === '~' ? harmless(value, harm.all) : unknown;
}

function objectLiteral(run: Run, node: SyntaxNode, state: State): Value {
  const object = createObject('object');
  const value = ofRef(object);
  let taint = value;
  for (const property of node['properties'] as readonly SyntaxNode[]) {
    if (property.type === 'SpreadElement') {
      const spread = run.evaluate(property['argument'], state);
      for (const ref of spread.refs) if (ref.type === 'object') copyProperties(ref, object);
      // What an attacker's object brings may stand under any name.
      object.rest = join(object.rest, ofTaint(spread.taint));
      continue;
    }
    const key = property['key'];
    const computed = property['computed'] === true ? run.evaluate(key, state) : undefined;
    const name = computed === undefined ? (isNode(key) ? String(key['name'] ?? key['value'] ?? '') : '') : computed.text;
    const made = property.type === 'ObjectMethod' ? makeFunction(run, property, state, value) : run.evaluate(property['value'], state);
    if (name === '__proto__' && isNode(property['value']) && property['value'].type === 'NullLiteral') taint = ofRef(Object.assign(object, { is: 'null-prototype' }));
    else if (name === undefined) object.rest = join(object.rest, made);
    else object.properties.set(name, bindSelf(made, value));
  }
  return taint;
}

/** `this` in functions of an object literal is the object. */
function bindSelf(made: Value, self: Value): Value {
  if (!made.refs.some((ref) => ref.type === 'function' && ref.node.type === 'FunctionExpression' && ref.self === undefined)) return made;
  return { ...made, refs: made.refs.map((ref) => (ref.type === 'function' && ref.node.type === 'FunctionExpression' && ref.self === undefined ? { ...ref, self } : ref)) };
}

function copyProperties(source: ObjectRef, target: ObjectRef): void {
  target.rest = join(target.rest, source.rest);
  for (const [name, value] of source.properties) target.properties.set(name, value);
}

function arrayLiteral(run: Run, node: SyntaxNode, state: State): Value {
  const array = createObject('array');
  let isExact = true;
  (node['elements'] as readonly unknown[]).forEach((element, index) => {
    if (!isNode(element)) return;
    const value = run.evaluate(element, state);
    if (element.type === 'SpreadElement') {
      isExact = false;
      array.rest = joinAll([array.rest, ofTaint(value.taint), ...value.refs.flatMap((ref) => (ref.type === 'object' ? [ref.rest, ...ref.properties.values()] : []))]);
    } else if (isExact) array.properties.set(String(index), value);
    else array.rest = join(array.rest, value);
  });
  return ofRef(array);
}

function functionValue(run: Run, node: SyntaxNode, state: State): Value {
  return makeFunction(run, node, state, node.type === 'ArrowFunctionExpression' ? run.frame.self : undefined);
}

/** A function as a value, closed over where it stands. */
export function makeFunction(run: Run, node: SyntaxNode, state: State, self: Value | undefined): Value {
  let scope = run.frame.scope;
  const target: FunctionRef = { type: 'function', node, scope, file: run.frame.file, self, properties: new Map() };
  if (node.type === 'FunctionExpression' && isNode(node['id'])) {
    scope = new Scope(scope);
    state.changes.variables.set(scope.declare(String(node['id']['name'])), ofRef(target));
    Object.assign(target, { scope });
  }
  run.noteFunction(target, state);
  return ofRef(target);
}

/** A class: what its constructor sets and its methods are. */
export function classValue(run: Run, node: SyntaxNode, state: State): Value {
  const parent = isNode(node['superClass']) ? run.evaluate(node['superClass'], state) : undefined;
  const outer = run.frame.scope;
  run.frame.scope = new Scope(outer);
  const target: FunctionRef = { type: 'function', node, scope: run.frame.scope, file: run.frame.file, self: undefined, properties: new Map(), ...(parent === undefined ? {} : { parent }) };
  const value = ofRef(target);
  if (isNode(node['id'])) state.changes.variables.set(run.frame.scope.declare(String(node['id']['name'])), value);
  const prototype = createObject('object', parent?.refs.find((ref) => ref.type === 'function'));
  target.properties.set('prototype', ofRef(prototype));
  for (const part of (node['body'] as SyntaxNode)['body'] as readonly SyntaxNode[]) {
    const holder = part['static'] === true ? target.properties : prototype.properties;
    const key = part['key'];
    const name = isNode(key) ? String(key['name'] ?? key['value'] ?? nameOfPrivate(key)) : '?';
    if (isFunction(part)) {
      if (part['kind'] === 'get' || part['kind'] === 'set') run.noteFunction({ type: 'function', node: part, scope: run.frame.scope, file: run.frame.file, self: undefined, properties: new Map() }, state);
      else if (name !== 'constructor') holder.set(name, ofRef({ type: 'function', node: part, scope: run.frame.scope, file: run.frame.file, self: part['static'] === true ? value : undefined, properties: new Map() }));
    } else if (/Property$/.test(part.type) && isNode(part['value'])) {
      // An arrow function as a field is a method.
      if (isFunction(part['value'])) holder.set(name, ofRef({ type: 'function', node: part['value'], scope: run.frame.scope, file: run.frame.file, self: undefined, properties: new Map() }));
      else if (part['static'] === true) target.properties.set(name, run.evaluate(part['value'], state));
    } else if (part.type === 'StaticBlock') for (const statement of part['body'] as readonly SyntaxNode[]) run.execute(statement, state);
  }
  run.frame.scope = outer;
  run.noteFunction(target, state);
  return value;
}
