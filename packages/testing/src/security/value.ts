import type { SyntaxNode } from '../syntax-node.ts';
import type { Scope } from './scope.ts';
import { joinTaint, mapTaint, noTaint } from './taint.ts';
import type { Mark, Taint } from './taint.ts';

/** What an expression may be when it runs: known objects and functions, and what an attacker decides about it. */
export interface Value {
  readonly taint: Taint;
  readonly refs: readonly Ref[];
  /** Its text, where it is always the same. */
  readonly text?: string;
  /** It may be the prototype of other objects, because an attacker chose the key by which it was read. */
  readonly prototype?: boolean;
  /** A path without `..` in its middle. */
  readonly normal?: boolean;
  /** What it is relative to: origins of the path that `path.relative` was asked about. */
  readonly relativeOf?: Taint;
}

export type Ref = FunctionRef | ObjectRef | LibraryRef | RegexRef;

export interface FunctionRef {
  readonly type: 'function';
  readonly node: SyntaxNode;
  readonly scope: Scope;
  readonly file: string;
  readonly self: Value | undefined;
  readonly properties: Map<string, Value>;
  /** For classes: what it extends. */
  readonly parent?: Value;
}

export interface ObjectRef {
  readonly type: 'object';
  readonly id: number;
  readonly is: 'object' | 'array' | 'map' | 'null-prototype';
  readonly properties: Map<string, Value>;
  /** Elements, and what is kept under keys that are not known. */
  rest: Value;
  /** The class or constructor that made it. */
  readonly made?: FunctionRef;
}

/** Something of a module that is not part of the project: `child_process.exec`. */
interface LibraryRef {
  readonly type: 'library';
  readonly name: string;
}

export interface RegexRef {
  readonly type: 'regex';
  readonly source: string;
  readonly flags: string;
  readonly line: number;
}

export const unknown: Value = { taint: noTaint, refs: [] };

const maxRefs = 6;

export function join(left: Value, right: Value): Value {
  if (left === right || right === unknown) return left.text === undefined ? left : withoutText(left);
  if (left === unknown) return right.text === undefined ? right : withoutText(right);
  const refs = left.refs.length === 0 ? right.refs : right.refs.length === 0 ? left.refs : [...new Set([...left.refs, ...right.refs])].slice(0, maxRefs);
  return {
    taint: joinTaint(left.taint, right.taint), refs,
    ...(left.text !== undefined && left.text === right.text ? { text: left.text } : {}),
    ...(left.prototype === true || right.prototype === true ? { prototype: true } : {}),
    ...(isNormal(left) && isNormal(right) ? { normal: true } : {}),
    ...(left.relativeOf !== undefined || right.relativeOf !== undefined ? { relativeOf: left.relativeOf ?? right.relativeOf ?? noTaint } : {}),
  };
}

export function joinAll(values: readonly Value[]): Value {
  const [first = unknown, ...others] = values;
  return others.reduce(join, first);
}

export function constant(text: string): Value {
  return { taint: noTaint, refs: [], text };
}

export function ofTaint(taint: Taint): Value {
  return taint.size === 0 ? unknown : { taint, refs: [] };
}

export function ofRef(ref: Ref): Value {
  return { taint: noTaint, refs: [ref] };
}

export function library(name: string): Value {
  return ofRef({ type: 'library', name });
}

let objects = 0;

export function createObject(is: ObjectRef['is'], made?: FunctionRef): ObjectRef {
  objects += 1;
  return { type: 'object', id: objects, is, properties: new Map(), rest: unknown, ...(made === undefined ? {} : { made }) };
}

/** The same with other marks; a text that is known has none. */
export function remark(value: Value, change: (mark: Mark, origin: string) => Mark): Value {
  return value.taint.size === 0 ? value : { ...value, taint: mapTaint(value.taint, change) };
}

export function harmless(value: Value, bits: number): Value {
  return remark(value, (mark) => ({ ...mark, safe: mark.safe | bits }));
}

/** All that is reachable in it, for calls of which nothing is known. */
export function spread(value: Value, depth = 3): Taint {
  let taint = value.taint;
  if (depth === 0) return taint;
  for (const ref of value.refs) {
    if (ref.type !== 'object') continue;
    taint = joinTaint(taint, spread(ref.rest, depth - 1));
    for (const property of ref.properties.values()) taint = joinTaint(taint, spread(property, depth - 1));
  }
  return taint;
}

function isNormal(value: Value): boolean {
  return value.normal === true || (value.taint.size === 0 && value.text !== undefined);
}

function withoutText({ text: _text, ...rest }: Value): Value {
  return rest;
}
