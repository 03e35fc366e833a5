import { arrayOf } from './assignments.ts';
import type { Call } from './call.ts';
import { compose, placed } from './compose.ts';
import { bitsOfReplace } from './payloads.ts';
import { elementsOf, taintOf } from './read-member.ts';
import type { Run } from './run.ts';
import { isFunction } from './scope.ts';
import { checkExpression } from './sinks.ts';
import type { State } from './state.ts';
import { below, from, harm, mapTaint, shape } from './taint.ts';
import { createObject, harmless, join, joinAll, ofRef, ofTaint, remark, unknown } from './value.ts';
import type { FunctionRef, ObjectRef, Value } from './value.ts';

/** Methods of texts, lists, maps and promises; undefined where the name says nothing. */
export function callMethod(run: Run, call: Call, object: Value, state: State): Value | undefined {
  const method = methods[call.name];
  return Object.hasOwn(methods, call.name) && method !== undefined ? method(run, call, object, state) : undefined;
}

type Method = (run: Run, call: Call, object: Value, state: State) => Value | undefined;

const same: Method = (_run, { name }, object) => (object.text === undefined ? { ...object, ...(name === 'toString' ? { refs: [] } : {}) } : { ...object });
const nothing: Method = () => unknown;
/** Part of a text: what is known of the part is not known of the whole. */
const part: Method = (_run, _call, object) => ({ ...object, refs: object.refs, taint: mapTaint(object.taint, (mark) => mark, (origin) => below(origin, 'part')) });

const methods: { readonly [name: string]: Method } = {
  trim: same, trimStart: same, trimEnd: same, toString: same, toLowerCase: same, toUpperCase: same, normalize: same, valueOf: same, toLocaleString: same, String: same,
  slice, substring: slice, substr: slice, charAt: nothing, charCodeAt: nothing, codePointAt: nothing, at: (_run, _call, object) => elementsOf(object),
  split, replace, replaceAll: replace, concat, join: joinTexts, push, unshift: push, pop: take, shift: take, splice: take,
  includes: nothing, indexOf: nothing, lastIndexOf: nothing, startsWith: nothing, endsWith: nothing, localeCompare: nothing, hasOwnProperty: nothing,
  padStart: same, padEnd: same, repeat: same,
  match, matchAll: match, search: match, test: matchArgument, exec: matchArgument,
  map: iterate, forEach: iterate, filter: iterate, some: iterate, every: iterate, find: iterate, findIndex: iterate, flatMap: iterate, findLast: iterate,
  reduce, reduceRight: reduce, sort: same, reverse: same, toSorted: same, toReversed: same, flat: same, keys: nothing,
  values: (_run, _call, object) => (object.refs.length > 0 || object.taint.size > 0 ? arrayOf([], elementsOf(object)) : undefined),
  then, catch: (run, call, object, state) => (callBack(run, call.given[0], [unknown], state), object), finally: (run, call, object, state) => (callBack(run, call.given[0], [], state), object),
  get: getOf, set: setOf, add: addOf, has: (_run, _call, object) => (isMap(object) ? unknown : undefined),
  digest: nothing, hexSlice: nothing, toFixed: nothing, toISOString: nothing, getTime: nothing,
};

function slice(run: Run, call: Call, object: Value, state: State): Value {
  return object.refs.some((ref) => ref.type === 'object') ? object : (part(run, call, object, state) ?? unknown);
}

function split(run: Run, call: Call, object: Value, state: State): Value {
  const [separator] = call.given;
  if (object.text !== undefined && separator?.text !== undefined) return arrayOf(object.text.split(separator.text).slice(0, 50).map((text) => ({ ...unknown, text })));
  const regex = separator?.refs.find((ref) => ref.type === 'regex');
  checkExpression(run, call, regex, object, state);
  return ofTaint(object.taint);
}

function replace(run: Run, call: Call, object: Value, state: State): Value {
  const [what = unknown, by = unknown] = call.given;
  const regex = what.refs.find((ref) => ref.type === 'regex');
  checkExpression(run, call, regex, object, state);
  const whole = join(ofTaint(object.taint), unknown);
  for (const ref of by.refs) if (ref.type === 'function' && isFunction(ref.node)) run.call(ref, unknown, [whole, whole, whole], state.fork());
  const bits = regex !== undefined ? bitsOfReplace(regex.source, regex.flags, by.text, call.name === 'replaceAll') : what.text === undefined ? 0 : bitsOfReplace(escape(what.text), call.name === 'replaceAll' ? 'g' : '', by.text, false);
  const merged: Value = { taint: taintOf([object, remark(by, (mark) => ({ ...mark, shape: mark.shape | shape.composed | shape.after }))]), refs: [], ...(object.normal === true ? { normal: true } : {}), ...(object.relativeOf === undefined ? {} : { relativeOf: object.relativeOf }) };
  if (object.text !== undefined && by.text !== undefined && what.text !== undefined) return { ...unknown, text: object.text.replace(what.text, by.text) };
  // `..` at the beginning of a normal path is all there can be.
  const leading = object.normal === true && regex !== undefined && /\\\.\\\.|\[\.\]|\\\.\{2|\^\\?\./.test(regex.source) ? harm.path : 0;
  return harmless(merged, bits | leading);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

function concat(_run: Run, call: Call, object: Value): Value {
  if (!object.refs.some((ref) => ref.type === 'object') && object.taint.size === 0 && object.text === undefined) return arrayOf([], joinAll(call.given.map(flattened)));
  if (object.refs.some((ref) => ref.type === 'object')) {
    const array = createObject('array');
    for (const ref of object.refs) if (ref.type === 'object') array.rest = joinAll([array.rest, ref.rest, ...ref.properties.values()]);
    array.rest = joinAll([array.rest, ofTaint(object.taint), ...call.given.map(flattened)]);
    return ofRef(array);
  }
  return compose([object, ...call.given]);
}

function flattened(value: Value): Value {
  return joinAll([ofTaint(value.taint), ...(value.text === undefined ? [] : [{ ...unknown, text: value.text }]), ...value.refs.flatMap((ref) => (ref.type === 'object' && ref.is === 'array' ? [ref.rest, ...ref.properties.values()] : []))]);
}

function joinTexts(_run: Run, call: Call, object: Value): Value {
  const arrays = object.refs.filter((ref) => ref.type === 'object');
  const separator = call.given[0]?.text ?? ',';
  if (arrays.length === 1 && arrays[0]?.rest === unknown && object.taint.size === 0) {
    const elements = [...arrays[0].properties.values()].map((element) => element);
    const parts = elements.flatMap((element, index) => (index === 0 ? [element] : [{ ...unknown, text: separator }, element]));
    if (parts.length > 0) return compose(parts.map((one) => (one.refs.length > 0 ? { ...one, taint: taintOf([one, flattened(one)]) } : one)));
  }
  const all = joinAll([ofTaint(object.taint), ...arrays.flatMap((ref) => [flattened(ref.rest), ...[...ref.properties.values()].map(flattened)])]);
  // Elements of one list stand one behind the other; with something before them unless all is the attacker's list.
  return remark({ taint: all.taint, refs: [] }, (mark, origin) => (arrays.length > 0 ? placed(mark, [unknown], origin) : { ...mark, shape: mark.shape | shape.composed }));
}

function push(_run: Run, call: Call, object: Value): Value {
  for (const ref of object.refs) if (ref.type === 'object') ref.rest = joinAll([ref.rest, ...call.given]);
  return unknown;
}

function take(_run: Run, _call: Call, object: Value): Value {
  return elementsOf(object);
}

function match(run: Run, call: Call, object: Value, state: State): Value {
  const regex = call.given[0]?.refs.find((ref) => ref.type === 'regex');
  checkExpression(run, call, regex, object, state);
  return call.name === 'search' ? unknown : ofTaint(mapTaint(object.taint, (mark) => mark, (origin) => below(origin, 'match')));
}

/** `expression.test(text)` */
function matchArgument(run: Run, call: Call, object: Value, state: State): Value | undefined {
  const regex = object.refs.find((ref) => ref.type === 'regex');
  if (regex === undefined) return call.name === 'test' ? unknown : undefined;
  const [text = unknown] = call.given;
  checkExpression(run, call, regex, text, state);
  return call.name === 'test' ? unknown : ofTaint(mapTaint(text.taint, (mark) => mark, (origin) => below(origin, 'match')));
}

function iterate(run: Run, call: Call, object: Value, state: State): Value | undefined {
  const callback = call.given[0]?.refs.find((ref) => ref.type === 'function' && isFunction(ref.node)) as FunctionRef | undefined;
  if (callback === undefined) return object.refs.length === 0 && object.taint.size === 0 ? undefined : call.name === 'map' || call.name === 'filter' ? object : unknown;
  const isMapOfEntries = isMap(object);
  const element = elementsOf(object);
  const result = run.call(callback, callback.self ?? unknown, [element, isMapOfEntries ? element : unknown, object], state);
  if (call.name === 'map' || call.name === 'flatMap') return arrayOf([], result);
  if (call.name === 'find' || call.name === 'findLast') return element;
  if (call.name !== 'filter') return unknown;
  const way = state.fork();
  run.refine({ type: 'CallExpression', callee: { type: 'Kept', value: call.given[0] }, arguments: [{ type: 'Kept', value: element }] }, way, true);
  const bits = [...element.taint.keys()].reduce<number>((all, origin) => all & way.checkedFor(origin), harm.all);
  const kept = harmless(object, bits);
  return kept.refs.length === 0 ? kept : arrayOf([], harmless(elementsOf(object), bits));
}

function reduce(run: Run, call: Call, object: Value, state: State): Value | undefined {
  const callback = call.given[0]?.refs.find((ref) => ref.type === 'function' && isFunction(ref.node)) as FunctionRef | undefined;
  if (callback === undefined) return undefined;
  const element = elementsOf(object);
  let result = call.given[1] ?? element;
  for (let count = 0; count < 2; count += 1) result = join(result, run.call(callback, callback.self ?? unknown, [result, element, unknown, object], state));
  return result;
}

function then(run: Run, call: Call, object: Value, state: State): Value | undefined {
  const result = callBack(run, call.given[0], [object], state);
  callBack(run, call.given[1], [unknown], state);
  return result ?? object;
}

function callBack(run: Run, callback: Value | undefined, given: readonly Value[], state: State): Value | undefined {
  const target = callback?.refs.find((ref) => ref.type === 'function' && isFunction(ref.node)) as FunctionRef | undefined;
  return target === undefined ? undefined : run.call(target, target.self ?? unknown, given, state);
}

function isMap(object: Value): boolean {
  return object.refs.some((ref) => ref.type === 'object' && ref.is === 'map');
}

function mapsOf(object: Value): readonly ObjectRef[] {
  return object.refs.filter((ref) => ref.type === 'object' && ref.is === 'map') as readonly ObjectRef[];
}

/** Of a map, of search parameters, of a request: `req.get('host')`. */
function getOf(_run: Run, call: Call, object: Value): Value | undefined {
  if (isMap(object)) return joinAll(mapsOf(object).map((ref) => ref.rest));
  if ([...object.taint.values()].some((mark) => (mark.from & from.request) !== 0)) {
    return ofTaint(mapTaint(object.taint, () => ({ from: from.remote, shape: 0, safe: 0 }), (origin) => below(origin, call.given[0]?.text ?? 'get')));
  }
  if (object.taint.size > 0 && call.given.length === 1) return ofTaint(mapTaint(object.taint, (mark) => mark, (origin) => below(origin, call.given[0]?.text ?? '*')));
  return undefined;
}

function setOf(_run: Run, call: Call, object: Value): Value | undefined {
  if (!isMap(object)) return undefined;
  for (const ref of mapsOf(object)) ref.rest = join(ref.rest, call.given[1] ?? unknown);
  return object;
}

function addOf(_run: Run, call: Call, object: Value): Value | undefined {
  if (!isMap(object)) return undefined;
  for (const ref of mapsOf(object)) ref.rest = join(ref.rest, call.given[0] ?? unknown);
  return object;
}
