import type { Binding } from './scope.ts';
import { join, unknown } from './value.ts';
import type { Value } from './value.ts';

/** What one way through the code has changed. */
export interface Changes {
  readonly variables: Map<Binding, Value>;
  /** Members that were assigned or narrowed, by the text of their access. */
  readonly members: Map<string, Value | null>;
  /** Bits that checks on the way have shown an origin to be harmless for. */
  readonly checked: Map<string, number>;
  /** Objects that were shown to have a key of their own. */
  readonly owned: Map<string, boolean>;
}

/**
 * What is known at one place of the code. Ways that part get a fork each, and come together by `merge`: a fork holds
 * only its own changes.
 */
export class State {
  readonly changes: Changes = { variables: new Map(), members: new Map(), checked: new Map(), owned: new Map() };
  readonly parent: State | undefined;
  /** The code after it is not reached on this way. */
  ended = false;

  constructor(parent?: State) {
    this.parent = parent;
  }

  variable(binding: Binding): Value {
    return lookUp(this, 'variables', binding) ?? unknown;
  }

  member(access: string): Value | undefined {
    return lookUp(this, 'members', access) ?? undefined;
  }

  /** Bits that an origin, or what it is part of, was checked for. */
  checkedFor(origin: string): number {
    let bits = 0;
    for (let end = origin.length; end > 0; end = origin.lastIndexOf('/', end - 1)) bits |= this.#checked(end === origin.length ? origin : origin.slice(0, end));
    return bits;
  }

  owns(key: string): boolean {
    return lookUp(this, 'owned', key) ?? false;
  }

  check(origin: string, bits: number): void {
    this.changes.checked.set(origin, this.#checked(origin) | bits);
  }

  /** What an access below it was narrowed to holds no more. */
  forgetMembers(root: string): void {
    const stale = new Set<string>();
    for (const { changes } of upTo(this, undefined)) {
      for (const access of changes.members.keys()) if (access === root || access.startsWith(`${root}.`)) stale.add(access);
    }
    for (const access of stale) this.changes.members.set(access, null);
  }

  fork(): State {
    return new State(this);
  }

  /** Goes on with what the ways have in common; on none, when all have ended. */
  merge(ways: readonly Changes[]): void {
    const [first] = ways;
    if (first === undefined) {
      this.ended = true;
      return;
    }
    for (const binding of keysOf(ways, 'variables')) {
      const before = this.variable(binding);
      this.changes.variables.set(binding, ways.map((way) => way.variables.get(binding) ?? before).reduce(join));
    }
    for (const access of keysOf(ways, 'members')) {
      const before = this.member(access) ?? null;
      const values = ways.map((way) => way.members.get(access) ?? (way.members.has(access) ? null : before));
      this.changes.members.set(access, values.every((value) => value !== null) ? values.reduce(join) : null);
    }
    for (const origin of keysOf(ways, 'checked')) {
      const before = this.#checked(origin);
      this.changes.checked.set(origin, ways.reduce((bits, way) => bits & (way.checked.get(origin) ?? before), -1));
    }
    for (const key of keysOf(ways, 'owned')) {
      const before = this.owns(key);
      this.changes.owned.set(key, ways.every((way) => way.owned.get(key) ?? before));
    }
  }

  /** All that changed since an earlier state, in one. */
  since(earlier: State): Changes {
    const states = upTo(this, earlier);
    if (states.length === 1) return this.changes;
    const all: Changes = { variables: new Map(), members: new Map(), checked: new Map(), owned: new Map() };
    for (const { changes } of states.reverse()) {
      for (const [key, value] of changes.variables) all.variables.set(key, value);
      for (const [key, value] of changes.members) all.members.set(key, value);
      for (const [key, value] of changes.checked) all.checked.set(key, value);
      for (const [key, value] of changes.owned) all.owned.set(key, value);
    }
    return all;
  }

  #checked(origin: string): number {
    return lookUp(this, 'checked', origin) ?? 0;
  }
}

/** A state and those that it began from, newest first. */
function upTo(from: State, end: State | undefined): State[] {
  const states: State[] = [];
  for (let state: State | undefined = from; state !== undefined && state !== end; state = state.parent) states.push(state);
  return states;
}

function lookUp<Field extends keyof Changes>(from: State, field: Field, key: Key<Field>): Kept<Field> | undefined {
  for (let state: State | undefined = from; state !== undefined; state = state.parent) {
    const value = (state.changes[field] as Map<Key<Field>, Kept<Field>>).get(key);
    if (value !== undefined) return value;
  }
  return undefined;
}

type Key<Field extends keyof Changes> = Changes[Field] extends Map<infer Name, unknown> ? Name : never;
type Kept<Field extends keyof Changes> = Changes[Field] extends Map<Key<Field>, infer Content> ? Content : never;

function keysOf<Field extends keyof Changes>(ways: readonly Changes[], field: Field): Set<Key<Field>> {
  const keys = new Set<Key<Field>>();
  for (const way of ways) for (const key of way[field].keys()) keys.add(key as Key<Field>);
  return keys;
}
