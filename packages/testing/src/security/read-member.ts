import { below, from, harm, joinTaint, mapTaint, noTaint, shape } from './taint.ts';
import type { Mark, Taint } from './taint.ts';
import type { Run } from './run.ts';
import type { State } from './state.ts';
import { constant, join, joinAll, library, ofTaint, unknown } from './value.ts';
import type { FunctionRef, ObjectRef, Value } from './value.ts';

/** What of a request its sender decides on. */
const sent = /^(query|body|params|url|originalUrl|path|pathname|headers|rawHeaders|cookies|signedCookies|hostname|host|files?|querystring|search|searchParams|payload|rawBody|queryStringParameters|pathParameters|multiValueQueryStringParameters|args|nextUrl|href|subdomains)$/;
/** Parts of a request, or of what carries one, that are a request themselves. */
const carrying = /^(req|request|raw)$/;

/** `object.name` */
export function readMember(run: Run, object: Value, name: string, state: State): Value {
  if (name === 'length' || name === 'size' || name === 'byteLength') return unknown;
  const fromRefs = joinAll(object.refs.map((ref) => {
    if (ref.type === 'library') return library(`${ref.name}.${name}`);
    if (ref.type === 'regex') return ref.type === 'regex' && name === 'source' ? constant(ref.source) : unknown;
    if (ref.type === 'function') return ref.properties.get(name) ?? inheritedStatic(ref, name);
    return ref.properties.get(name) ?? inherited(ref, name) ?? (ref.is === 'object' || ref.is === 'null-prototype' ? ref.rest : unknown);
  }));
  void state;
  return join(fromRefs, ofTaint(memberTaint(run, object.taint, name)));
}

function memberTaint(run: Run, taint: Taint, name: string): Taint {
  if (taint.size === 0) return noTaint;
  return mapTaint(
    taint,
    (mark, origin): Mark | undefined => {
      if ((mark.from & from.request) !== 0) {
        const is = (mark.from & ~from.request) | (carrying.test(name) ? from.request : sent.test(name) ? from.remote : 0);
        return is === 0 ? undefined : { from: is, shape: 0, safe: 0 };
      }
      if ((mark.from & from.archive) !== 0 && origin.endsWith('/entry')) return /^(path|name|fileName|filename|entryName|relativePath|header|props)$/.test(name) ? { ...mark, shape: 0 } : undefined;
      // Only the path of a URL is one without `..`.
      const isQuery = origin.endsWith('/url') && /^(search|searchParams|hash|query)$/.test(name);
      return { ...mark, shape: mark.shape & ~shape.enumerated, ...(isQuery ? { safe: 0 } : {}) };
    },
    (origin) => (origin.endsWith('/entry') && name === 'header' ? origin : below(origin, name)),
  );
}

/** `object[key]` */
export function readElement(run: Run, object: Value, key: Value, state: State): Value {
  if (key.text !== undefined && key.taint.size === 0 && !/^\d+$/.test(key.text)) return readMember(run, object, key.text, state);
  const fromRefs = joinAll(object.refs.map((ref) => {
    if (ref.type === 'library') return /env$/.test(ref.name) ? unknown : library(`${ref.name}.*`);
    if (ref.type !== 'object') return unknown;
    const exact = key.text === undefined ? undefined : ref.properties.get(key.text);
    return exact ?? joinAll([ref.rest, ...ref.properties.values()]);
  }));
  const elements = ofTaint(elementTaint(object.taint));
  const value = withoutText(join(fromRefs, elements));
  return mayBePrototype(object, key, state) ? { ...value, prototype: true } : value;
}

/** Marks of what is in something that has marks. */
function elementTaint(taint: Taint): Taint {
  return mapTaint(
    taint,
    (mark) => ((mark.from & from.request) !== 0 && (mark.from & ~from.request) === 0 ? undefined : { ...mark, from: mark.from & ~from.request, shape: mark.shape | shape.enumerated }),
    (origin) => below(origin, '*'),
  );
}

/** Elements of arrays, whether they are known or an attacker's. */
export function elementsOf(value: Value): Value {
  const known = joinAll(value.refs.map((ref) => (ref.type === 'object' ? joinAll([ref.rest, ...(ref.is === 'array' ? ref.properties.values() : [])]) : unknown)));
  return withoutText(join(known, ofTaint(elementTaint(value.taint))));
}

/** A key of the attacker's choice leads to `Object.prototype` where the object has a prototype and the key is not known to be its own. */
function mayBePrototype(object: Value, key: Value, state: State): boolean {
  const harmful = harmfulKey(key, state);
  if (harmful.size === 0) return false;
  if (object.refs.length > 0 && object.refs.every((ref) => ref.type === 'object' && (ref.is === 'null-prototype' || ref.is === 'map'))) return false;
  const owners = identitiesOf(object);
  for (const origin of harmful.keys()) {
    // A key that was found in this very object is its own.
    const isOwn = [...object.taint.keys()].some((owner) => origin.startsWith(`${owner}/#keys`)) && object.refs.length === 0;
    if (!isOwn && !(owners.length > 0 && owners.every((owner) => state.owns(`${owner}|${origin}`)))) return true;
  }
  return false;
}

/** Marks of a key that an attacker can make `__proto__`. */
export function harmfulKey(key: Value, state: State): Taint {
  return mapTaint(key.taint, (mark, origin) => {
    if (((mark.safe | state.checkedFor(origin)) & harm.prototype) !== 0 || (mark.shape & (shape.composed | shape.after)) !== 0) return undefined;
    const isChosen = (mark.from & from.remote) !== 0 || ((mark.from & (from.parameter | from.data)) !== 0 && (mark.shape & shape.enumerated) !== 0);
    return isChosen ? mark : undefined;
  });
}

/** Names under which facts about an object are kept. */
export function identitiesOf(object: Value): readonly string[] {
  return [...object.refs.map((ref) => (ref.type === 'object' ? `@${ref.id}` : '@')), ...[...object.taint.keys()].map((origin) => `~${origin}`)];
}

function inherited(ref: ObjectRef, name: string): Value | undefined {
  for (let maker: FunctionRef | undefined = ref.made, depth = 0; maker !== undefined && depth < 10; depth += 1) {
    const prototype = maker.properties.get('prototype')?.refs.find((one) => one.type === 'object');
    const found = prototype?.properties.get(name) ?? (prototype?.rest.refs.length ? prototype.rest : undefined);
    if (found !== undefined) return found;
    maker = maker.parent?.refs.find((one) => one.type === 'function');
  }
  return undefined;
}

function inheritedStatic(ref: FunctionRef, name: string): Value {
  let parent = ref.parent;
  for (let depth = 0; parent !== undefined && depth < 10; depth += 1) {
    const maker = parent.refs.find((one) => one.type === 'function');
    const found = maker?.properties.get(name);
    if (found !== undefined) return found;
    parent = maker?.parent;
  }
  return unknown;
}

function withoutText({ text: _text, ...rest }: Value): Value {
  return rest;
}

/** Names of members: an attacker's where the object is. */
export function keysOf(source: Value): Value {
  return ofTaint(mapTaint(
    source.taint,
    (mark) => ((mark.from & from.request) !== 0 ? undefined : { ...mark, safe: mark.safe & harm.prototype, shape: shape.enumerated }),
    (origin) => below(origin, '#keys'),
  ));
}

/** Joins the marks of several values. */
export function taintOf(values: readonly Value[]): Taint {
  return values.map((value) => value.taint).reduce(joinTaint, noTaint);
}
