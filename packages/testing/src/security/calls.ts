import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';
import { accessText, unwrapped } from './access-text.ts';
import type { Call } from './call.ts';
import { callLibrary } from './call-library.ts';
import { callMethod } from './call-method.ts';
import { giveRequests } from './requests.ts';
import { readElement, readMember } from './read-member.ts';
import type { Run } from './run.ts';
import { checkSinkMethod } from './sinks.ts';
import type { State } from './state.ts';
import { isFunction } from './scope.ts';
import { noTaint } from './taint.ts';
import { createObject, join, joinAll, ofRef, ofTaint, spread, unknown } from './value.ts';
import type { FunctionRef, Value } from './value.ts';

/** `f(a)`, `a.f(b)`, `new F(a)` and `import(a)` */
export function evaluateCall(run: Run, node: SyntaxNode, state: State): Value {
  const callee = unwrapped(node['callee']);
  if (node.type === 'ImportExpression' || callee?.type === 'Import') return loadModule(run, node, (node['source'] ?? (node['arguments'] as readonly unknown[])[0]) as SyntaxNode, state);
  if (callee === undefined) return unknown;
  const isMember = /MemberExpression$/.test(callee.type);
  const object = isMember ? run.evaluate(callee['object'], state) : undefined;
  const property = isMember && isNode(callee['property']) ? callee['property'] : undefined;
  const key = property === undefined ? undefined : callee['computed'] === true ? run.evaluate(property, state) : undefined;
  const name = property === undefined ? String(callee['name'] ?? '') : (key?.text ?? (callee['computed'] === true ? '' : String(property['name'] ?? (isNode(property['id']) ? `#${String(property['id']['name'])}` : ''))));
  const access = isMember ? accessText(callee) : undefined;
  const narrowed = access === undefined ? undefined : state.member(access);
  const target = narrowed ?? (object === undefined ? run.evaluate(callee, state) : key === undefined ? readMember(run, object, name, state) : readElement(run, object, key, state));
  const nodes = (node['arguments'] ?? []) as readonly SyntaxNode[];
  const isRequire = callee.type === 'Identifier' && name === 'require' && target.refs.some((ref) => ref.type === 'library');
  if (isRequire && nodes[0] !== undefined) return loadModule(run, node, nodes[0], state);
  const given = expand(nodes, nodes.map((argument) => run.evaluate(argument, state)));
  return applyCall(run, { node, name, object, given, nodes, isNew: node.type === 'NewExpression' }, target, state);
}

/** The call itself, once its parts are known. */
function applyCall(run: Run, call: Call, target: Value, state: State): Value {
  const { name, object, given, isNew } = call;
  const functions = target.refs.filter((ref) => ref.type === 'function');
  const libraries = target.refs.filter((ref) => ref.type === 'library');
  if (/^(call|apply|bind)$/.test(name) && object !== undefined && object.refs.some((ref) => ref.type === 'function' || ref.type === 'library')) return applyBound(run, call, object, state);
  giveRequests(run, call, libraries[0]?.name, state);
  checkSinkMethod(run, call, target, state);
  const results: Value[] = [];
  for (const ref of libraries) results.push(callLibrary(run, call, ref.name, state));
  for (const ref of functions) results.push(isNew ? construct(run, ref, given, state) : run.call(ref, selfOf(call, ref), given, state));
  if (functions.length === 0 && object !== undefined && (libraries.length === 0 || object.taint.size > 0)) {
    const known = callMethod(run, call, libraries.length === 0 ? object : ofTaint(object.taint), state);
    if (known !== undefined) return joinAll([known, ...results]);
  }
  if (results.length > 0) return joinAll(results);
  return callUnknown(run, call, object ?? unknown, state);
}

/** `f.call(self, a)`, `f.apply(self, list)`, `f.bind(self)` */
function applyBound(run: Run, call: Call, object: Value, state: State): Value {
  const [self = unknown, ...rest] = call.given;
  if (call.name === 'bind') {
    return { ...object, refs: object.refs.map((ref) => (ref.type === 'function' && ref.node.type !== 'ArrowFunctionExpression' ? { ...ref, self: ref.self ?? self } : ref)) };
  }
  const given = call.name === 'call' ? rest : listed(rest[0] ?? unknown);
  const nodes = call.name === 'call' ? call.nodes.slice(1) : [];
  const inner: Call = { ...call, name: '', object: undefined, given, nodes };
  const bound = { ...object, refs: object.refs.map((ref) => (ref.type === 'function' ? { ...ref, self } : ref)) };
  const libraryName = object.refs.find((ref) => ref.type === 'library')?.name;
  // `Array.prototype.slice.call(arguments)` is a method of what it is called on.
  const method = libraryName === undefined ? undefined : /^(?:Array|String)(?:\.prototype)?\.(\w+)$/.exec(libraryName)?.[1];
  if (method !== undefined) return callMethod(run, { ...inner, name: method, object: self }, self, state) ?? self;
  return applyCall(run, inner, bound, state);
}

function listed(list: Value): readonly Value[] {
  for (const ref of list.refs) {
    if (ref.type !== 'object' || ref.is !== 'array') continue;
    const elements = [...ref.properties.values()];
    return ref.rest === unknown ? elements : [...elements, ref.rest, ref.rest];
  }
  return list.taint.size === 0 ? [] : [ofTaint(list.taint), ofTaint(list.taint)];
}

function selfOf(call: Call, target: FunctionRef): Value {
  return target.self ?? call.object ?? unknown;
}

/** `new F(…)`: an object whose methods are known. */
export function construct(run: Run, target: FunctionRef, given: readonly Value[], state: State): Value {
  const instance = createObject('object', target);
  const self = ofRef(instance);
  const constructor = constructorOf(target);
  initialiseFields(run, target, self, state);
  if (constructor === undefined) return self;
  const returned = run.call({ ...constructor, self }, self, given, state);
  return returned.refs.some((ref) => ref.type === 'object') ? returned : self;
}

function initialiseFields(run: Run, target: FunctionRef, self: Value, state: State): void {
  if (!/^Class/.test(target.node.type)) return;
  const outer = run.frame;
  run.frame = { ...outer, file: target.file, self, scope: target.scope, node: target.node };
  for (const part of (target.node['body'] as SyntaxNode)['body'] as readonly SyntaxNode[]) {
    if (!/Property$/.test(part.type) || part['static'] === true || !isNode(part['value']) || !isNode(part['key'])) continue;
    const name = String(part['key']['name'] ?? part['key']['value'] ?? (isNode(part['key']['id']) ? `#${String(part['key']['id']['name'])}` : '?'));
    const value = run.evaluate(part['value'], state);
    for (const ref of self.refs) if (ref.type === 'object') ref.properties.set(name, value);
  }
  run.frame = outer;
}

/** The constructor of a class, its parents' where it has none; the function itself otherwise. */
export function constructorOf(target: FunctionRef): FunctionRef | undefined {
  if (isFunction(target.node)) return target;
  let at: FunctionRef | undefined = target;
  for (let depth = 0; at !== undefined && depth < 10; depth += 1) {
    if (isFunction(at.node)) return at;
    const body = at.node['body'];
    const found = isNode(body) ? (body['body'] as readonly SyntaxNode[]).find((part) => part['kind'] === 'constructor' && isFunction(part)) : undefined;
    if (found !== undefined) return { type: 'function', node: found, scope: at.scope, file: at.file, self: undefined, properties: new Map(), ...(at.parent === undefined ? {} : { parent: at.parent }) };
    at = at.parent?.refs.find((ref) => ref.type === 'function');
  }
  return undefined;
}

function expand(nodes: readonly SyntaxNode[], values: readonly Value[]): readonly Value[] {
  if (!nodes.some((node) => node.type === 'SpreadElement')) return values;
  return values.flatMap((value, index) => (nodes[index]?.type === 'SpreadElement' ? listed(value) : [value]));
}

function loadModule(run: Run, call: SyntaxNode, source: SyntaxNode, state: State): Value {
  const name = run.evaluate(source, state);
  checkSinkMethod(run, { node: call, name: 'require', object: undefined, given: [name], nodes: [source], isNew: false }, unknown, state);
  return name.text === undefined ? unknown : (run.load(name.text) ?? unknown);
}

const telling = /^(is|has|can|should|does|check|validate|verify|test|equals?|exists?|startsWith|endsWith|compare|count|indexOf)([A-Z_]|$)/;

/** A function of which nothing is known: what goes in comes out, and its callbacks are called with it. */
function callUnknown(run: Run, call: Call, object: Value, state: State): Value {
  const everything = [object, ...call.given];
  const taint = everything.reduce((all, value) => join(all, ofTaint(spread(value, 2))), unknown).taint;
  const carried = ofTaint(new Map([...taint].filter(([, mark]) => (mark.from & 16) === 0)));
  for (const value of call.given) {
    for (const ref of value.refs) if (ref.type === 'function' && isFunction(ref.node)) run.call(ref, ref.self ?? unknown, [carried, carried, carried], state.fork());
  }
  if (telling.test(call.name)) return unknown;
  const result = carried;
  return call.isNew || /^(create|make|build|connect|open|init)/.test(call.name) ? { ...result, taint: result.taint } : result.taint.size === 0 ? { taint: noTaint, refs: object.refs.length > 0 && /^(on|once|use|pipe|then|catch|finally|set)$/.test(call.name) ? object.refs : [] } : result;
}
