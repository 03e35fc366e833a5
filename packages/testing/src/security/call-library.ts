import { arrayOf } from './assignments.ts';
import type { Call } from './call.ts';
import { placed } from './compose.ts';
import { elementsOf, keysOf, taintOf } from './read-member.ts';
import type { Run } from './run.ts';
import { isFunction } from './scope.ts';
import { checkSink } from './sinks.ts';
import type { State } from './state.ts';
import { below, from, harm, joinTaint, mapTaint, noTaint, shape } from './taint.ts';
import { createObject, harmless, join, joinAll, library, ofRef, ofTaint, remark, spread, unknown } from './value.ts';
import type { Value } from './value.ts';

/** A call of something that is not part of the project: what it does with what it gets. */
export function callLibrary(run: Run, call: Call, name: string, state: State): Value {
  checkSink(run, call, name, state);
  for (const [pattern, model] of models) if (pattern.test(name)) return model(run, call, state, name);
  return callRest(run, call, name, state);
}

type Model = (run: Run, call: Call, state: State, name: string) => Value;

const clean = (bits: number): Model => (_run, { given }) => harmless(ofTaint(taintOf(given)), bits);
const nothing: Model = () => unknown;
const first: Model = (_run, { given }) => given[0] ?? unknown;
/** Still what it was, but no longer checked: `%2e%2e` has become `..`. */
const decoded: Model = (_run, { given }) => ofTaint(mapTaint(given[0]?.taint ?? noTaint, (mark) => ({ ...mark, safe: 0 })));

const models: readonly (readonly [RegExp, Model])[] = [
  [/^path(\.posix|\.win32)?\.basename$/, (_run, { given }) => harmless(given[0] ?? unknown, harm.path)],
  [/^path(\.posix|\.win32)?\.(join|resolve)$/, joinPath],
  [/^path(\.posix|\.win32)?\.normalize$/, normalizePath],
  [/^path(\.posix|\.win32)?\.relative$/, (_run, { given }) => ({ ...ofTaint(given[1]?.taint ?? noTaint), relativeOf: given[1]?.taint ?? noTaint, normal: true })],
  [/^path(\.posix|\.win32)?\.(extname|isAbsolute)$/, nothing],
  [/^path(\.posix|\.win32)?\.(dirname|toNamespacedPath)$/, (_run, { given }) => given[0] ?? unknown],
  [/^fs\.(promises\.)?realpath(Sync)?(\.native)?$/, (_run, { given }) => ({ ...(given[0] ?? unknown), normal: true })],
  [/^(Number|parseInt|parseFloat|Boolean|BigInt|Date|Math\.\w+|Number\.\w+|isNaN)$/, nothing],
  [/^String$/, first],
  [/^(encodeURIComponent|escape)$/, clean(harm.path | harm.command | harm.code | harm.pattern)],
  [/^(decodeURIComponent|decodeURI|unescape|querystring\.unescape)$/, decoded],
  [/^(shell-quote\.quote|shell-quote\.default\.quote|shell-?escape(\.default)?|shescape\..*|shlex\.quote|any-shell-escape|puka\.quoteForShell|@?\w*[-/]?shell-?(quote|escape)\w*)$/, clean(harm.command)],
  [/(^|[./-])escape-?(string-?)?reg-?exp|escapeRegex|escape-regex/i, clean(harm.pattern | harm.input)],
  [/^sanitize-filename|^filenamify|^(is-)?valid-filename/, clean(harm.path)],
  [/^crypto\./, nothing],
  [/^child_process\.|^(execa|cross-spawn|shelljs)\b/, callBacks],
  [/^process\.cwd$/, () => library('process.cwd()')],
  [/^Object\.(keys|getOwnPropertyNames)$|^Reflect\.ownKeys$/, (_run, { given }) => keyList(given[0] ?? unknown)],
  [/^Object\.entries$/, (_run, { given }) => arrayOf([], arrayOf([elementsOf(keyList(given[0] ?? unknown)), elementsOf(given[0] ?? unknown)]))],
  [/^Object\.values$/, (_run, { given }) => arrayOf([], elementsOf(given[0] ?? unknown))],
  [/^Object\.create$/, (_run, { given, nodes }) => ofRef(createObject(given.length > 0 && nodes[0]?.type === 'NullLiteral' ? 'null-prototype' : 'object'))],
  [/^Object\.assign$/, assignAll],
  [/^Object\.(freeze|seal|preventExtensions)$/, first],
  [/^Object\.(defineProperty|setPrototypeOf)$/, (run, call, state) => (defineProperty(run, call, state), call.given[0] ?? unknown)],
  [/^Object\.fromEntries$/, (_run, { given }) => ofTaint(spread(given[0] ?? unknown, 3))],
  [/^Object$/, first],
  [/^Array\.from$|^Array\.of$/, (run, call, state) => arrayFrom(run, call, state)],
  [/^(Map|WeakMap)$/, () => ofRef(createObject('map'))],
  [/^(Set)$/, (_run, { given }) => setOf(given[0] ?? unknown)],
  [/^Array$/, (_run, { given }) => arrayOf(given)],
  [/^RegExp$/, regExp],
  [/^(URL|url\.URL)$/, urlOf],
  [/^(url|node:url)\.parse$|^parseurl|^fast-url-parser/, (_run, { given }) => requestPart(given[0] ?? unknown)],
  [/^url\.fileURLToPath$/, first],
  [/^util\.promisify$|^pify|^util\.promisify\.default$/, first],
  [/^JSON\.parse$/, (_run, { given }) => ofTaint(mapTaint(given[0]?.taint ?? noTaint, (mark) => ({ ...mark, shape: 0 }), (origin) => below(origin, 'json')))],
  [/^JSON\.stringify$/, (_run, { given }) => harmless(ofTaint(spread(given[0] ?? unknown, 3)), harm.code | harm.prototype)],
  [/^fs\.(promises\.)?(readFile|readFileSync|readJson|readJSON|readJsonSync)$/, readFile],
  [/^fs\./, callBacks],
  [/^(structuredClone|lodash\.(clone|cloneDeep))$/, first],
  [/^Promise\.(all|allSettled|race|any|resolve)$/, (_run, { given }) => given[0] ?? unknown],
  [/^Promise$/, promise],
  [/^(setTimeout|setInterval|setImmediate|process\.nextTick|queueMicrotask)$/, callBacks],
  [/^(eval|Function|vm\.)/, nothing],
];

function keyList(source: Value): Value {
  const keys = keysOf(source);
  const known = source.refs.flatMap((ref) => (ref.type === 'object' ? [...ref.properties.keys()] : []));
  // The list as a whole stands for its keys.
  return keys.taint.size > 0 ? keys : arrayOf(known.slice(0, 50).map((text) => ({ ...unknown, text })));
}

function joinPath(_run: Run, { given, name }: Call): Value {
  if (given.length > 0 && given.every((part) => part.text !== undefined)) return { ...unknown, text: given.map((part) => part.text).join('/').replace(/\/{2,}/g, '/'), normal: true };
  const flat = given;
  const rooted = flat[0]?.text;
  const marked = flat.map((part, index) => (index === 0 ? part : remark(part, (mark, origin) => placed(mark, flat.slice(0, index), origin))));
  const taint = taintOf(marked.map((part) => ({ ...part, taint: joinTaint(part.taint, part.refs.length > 0 ? spread(part, 1) : noTaint) })));
  // `path.join('/', name)` cannot lead above the root it begins with.
  const isRooted = name === 'join' && flat.length > 1 && rooted !== undefined && /^[\\/]$/.test(rooted);
  const value: Value = { taint, refs: [], normal: true };
  return isRooted ? harmless(value, harm.path) : value;
}

function normalizePath(_run: Run, { given, nodes }: Call): Value {
  const value: Value = { ...(given[0] ?? unknown), normal: true };
  const node = nodes[0];
  const isRooted = (node?.type === 'BinaryExpression' && /^[\\/]/.test(String((node['left'] as { readonly value?: unknown } | undefined)?.value ?? ''))) || (node?.type === 'TemplateLiteral' && /^[\\/]/.test(String(((node['quasis'] as readonly { readonly value: { readonly raw: string } }[])[0])?.value.raw ?? '')));
  return isRooted ? harmless(value, harm.path) : value;
}

function assignAll(run: Run, call: Call, state: State): Value {
  const [target = unknown, ...sources] = call.given;
  let taint = target.taint;
  for (const source of sources) {
    taint = joinTaint(taint, source.taint);
    for (const ref of target.refs) {
      if (ref.type !== 'object' && ref.type !== 'function') continue;
      for (const from of source.refs) if (from.type === 'object') for (const [name, value] of from.properties) ref.properties.set(name, join(ref.properties.get(name) ?? unknown, value));
      if (ref.type === 'object') ref.rest = join(ref.rest, joinAll([elementsOf({ ...source, refs: [] }), ...source.refs.flatMap((one) => (one.type === 'object' ? [one.rest] : []))]));
    }
  }
  if (target.prototype === true && sources.some((source) => source.taint.size > 0)) reportPrototype(run, call);
  void state;
  return { ...target, taint };
}

function defineProperty(run: Run, call: Call, state: State): void {
  const [target = unknown, key = unknown] = call.given;
  if (target.prototype === true && [...key.taint].some(([origin, mark]) => ((mark.safe | state.checkedFor(origin)) & harm.prototype) === 0)) reportPrototype(run, call);
}

function reportPrototype(run: Run, call: Call): void {
  run.report({ category: 'prototype-pollution', rule: 'assignment-by-key', sink: 'assignment', severity: 'high', message: 'Members that come from outside are written to an object that a key from outside led to: with "__proto__" that is the prototype of all objects. Refuse such keys, or use a Map or objects without a prototype.' }, call.node);
}

function arrayFrom(run: Run, call: Call, state: State): Value {
  const [source = unknown] = call.given;
  const mapper = call.given[1]?.refs.find((ref) => ref.type === 'function');
  const element = elementsOf(source);
  if (mapper?.type === 'function' && isFunction(mapper.node)) return arrayOf([], run.call(mapper, unknown, [element], state));
  return source.refs.length > 0 || source.taint.size > 0 ? { ...source } : arrayOf([]);
}

function setOf(source: Value): Value {
  const set = createObject('map');
  for (const ref of source.refs) if (ref.type === 'object') {
    for (const [key, value] of ref.properties) set.properties.set(key, value);
    set.rest = ref.rest;
  }
  set.rest = join(set.rest, elementsOf({ ...source, refs: [] }));
  return ofRef(set);
}

function regExp(_run: Run, { given, node }: Call): Value {
  const [source = unknown, flags] = given;
  if (source.text !== undefined) return ofRef({ type: 'regex', source: source.text, flags: flags?.text ?? '', line: node.loc?.start.line ?? 0 });
  const copied = source.refs.find((ref) => ref.type === 'regex');
  return copied === undefined ? unknown : ofRef(copied);
}

/** `new URL(…)` resolves `..`, so its path stays below its root until it is decoded. */
function urlOf(_run: Run, { given }: Call): Value {
  const taint = taintOf(given);
  return ofTaint(mapTaint(taint, (mark) => ({ ...mark, from: mark.from & ~from.request | ((mark.from & from.request) !== 0 ? from.remote : 0), safe: mark.safe | harm.path, shape: 0 }), (origin) => below(origin, 'url')));
}

function requestPart(value: Value): Value {
  return ofTaint(mapTaint(value.taint, (mark) => ((mark.from & from.request) !== 0 ? { from: from.remote, shape: 0, safe: 0 } : { ...mark, shape: mark.shape & ~shape.enumerated }), (origin) => below(origin, 'url')));
}

function readFile(run: Run, call: Call, state: State): Value {
  const data = ofTaint(new Map([[`file${call.node.loc?.start.line ?? 0}`, { from: from.data, shape: 0, safe: 0 }]]));
  for (const value of call.given) for (const ref of value.refs) if (ref.type === 'function' && isFunction(ref.node)) run.call(ref, ref.self ?? unknown, [unknown, data], state.fork());
  return data;
}

/** Functions that are called back with nothing of an attacker's. */
function callBacks(run: Run, call: Call, state: State): Value {
  for (const value of call.given) for (const ref of value.refs) if (ref.type === 'function' && isFunction(ref.node)) run.call(ref, ref.self ?? unknown, [], state.fork());
  return unknown;
}

function promise(run: Run, call: Call, state: State): Value {
  const executor = call.given[0]?.refs.find((ref) => ref.type === 'function');
  const resolved: Value[] = [];
  if (executor?.type === 'function' && isFunction(executor.node)) run.call(executor, executor.self ?? unknown, [unknown, unknown], state.fork());
  return joinAll(resolved);
}

const telling = /(^|\.)(is|has|can|should|check|validate|verify|test|exists?|equals?)([A-Z_.]|$)/;

/** Other packages: what goes in comes out, callbacks get it too. Events of archives and sockets are an attacker's. */
function callRest(run: Run, call: Call, name: string, state: State): Value {
  const taint = call.given.reduce((all, value) => joinTaint(all, spread(value, 2)), noTaint);
  const carried = ofTaint(mapTaint(taint, (mark) => ((mark.from & from.request) !== 0 && mark.from === from.request ? undefined : { ...mark, shape: mark.shape & ~shape.composed })));
  for (const value of call.given) for (const ref of value.refs) if (ref.type === 'function' && isFunction(ref.node)) run.call(ref, ref.self ?? unknown, [unknown, unknown, unknown], state.fork());
  if (telling.test(name)) return unknown;
  const made = library(`${name}()`);
  return carried.taint.size === 0 ? made : { taint: carried.taint, refs: made.refs };
}
