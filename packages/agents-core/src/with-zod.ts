import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';

/** The namespace `z` of zod. */
export type Zod = typeof z;

let loaded: Zod | undefined;

/** Zod, loaded at the first call: it takes longer than Node takes to start. */
export function loadZod(): Zod {
  // The same instance that an import gives.
  return (loaded ??= (createRequire(import.meta.url)(fileURLToPath(import.meta.resolve('zod'))) as { readonly z: Zod }).z);
}

/**
 * A schema, or an object of schemas, that is made when it is first used, so that its module can be imported without zod. It
 * behaves as what `make` gives. Only descriptions of a whole schema are not found where it stands inside another one: describe
 * it there, or spread an object of schemas.
 */
export function withZod<Made extends object>(make: (z: Zod) => Made): Made {
  let made: Made | undefined;
  const get = (): Made => (made ??= make(loadZod()));
  return new Proxy({} as Made, {
    get: (_target, name) => Reflect.get(get(), name) as unknown,
    has: (_target, name) => Reflect.has(get(), name),
    ownKeys: () => Reflect.ownKeys(get()),
    getOwnPropertyDescriptor(_target, name) {
      const descriptor = Reflect.getOwnPropertyDescriptor(get(), name);
      return descriptor && { ...descriptor, configurable: true };
    },
    getPrototypeOf: () => Reflect.getPrototypeOf(get()),
  });
}
