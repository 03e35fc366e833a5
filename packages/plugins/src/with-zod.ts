import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';

type Namespace = typeof z;

/** The namespace `z` of zod, under a name that declarations can refer to. */
export interface Zod extends Namespace {
  readonly object: Namespace['object'];
}

let loaded: Zod | undefined;
const makers = new WeakMap<object, () => object>();

/** Zod, loaded at the first call: it takes longer than Node takes to start. */
export function loadZod(): Zod {
  // The same instance that an import gives.
  return (loaded ??= withRealArguments((createRequire(import.meta.url)(fileURLToPath(import.meta.resolve('zod'))) as { readonly z: Zod }).z));
}

/**
 * A schema, or an object of schemas, that is made when it is first used, so that its module can be imported without zod. It
 * behaves as what `make` gives, and so does what is made of it with the `z` that is passed here.
 */
export function withZod<Made extends object>(make: (z: Zod) => Made): Made {
  let made: Made | undefined;
  const get = (): Made => (made ??= make(loadZod()));
  const proxy = new Proxy({} as Made, {
    get: (_target, name) => Reflect.get(get(), name) as unknown,
    has: (_target, name) => Reflect.has(get(), name),
    ownKeys: () => Reflect.ownKeys(get()),
    getOwnPropertyDescriptor(_target, name) {
      const descriptor = Reflect.getOwnPropertyDescriptor(get(), name);
      return descriptor && { ...descriptor, configurable: true };
    },
    getPrototypeOf: () => Reflect.getPrototypeOf(get()),
  });
  makers.set(proxy, get);
  return proxy;
}

/** Zod knows its schemas by identity: inside others they stand as what they are. */
function withRealArguments(zod: Zod): Zod {
  const wrapped = new Map<unknown, unknown>();
  return new Proxy(zod, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || !/^[a-z]/.test(String(name))) return member;
      if (!wrapped.has(name)) wrapped.set(name, (...given: readonly unknown[]): unknown => Reflect.apply(member, target, given.map(real)) as unknown);
      return wrapped.get(name);
    },
  });
}

function real(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const value: object = makers.get(given)?.() ?? given;
  if (Array.isArray(value)) return value.map(real);
  return Object.getPrototypeOf(value) === Object.prototype ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, makers.get(member as object)?.() ?? member])) : value;
}
