import { describe, expect, it } from 'vitest';
import { createPluginHost } from './host.ts';
import type { PluginHost } from './host.ts';
import type { Json } from './json.ts';
import { loadPlugin } from './load-plugin.ts';
import { locatePackage } from './locate.ts';
import type { ContributionKind } from './manifest.ts';
import type { PluginStatus } from './plugin-status.ts';
import type { PluginScope } from './registrations.ts';

export interface TestPluginOptions {
  /** A config that the plugin's schema takes. */
  readonly config?: unknown;
  /** What the plugin needs of its host. Default: `register({ name })` under each kind of contribution. */
  readonly context?: (plugin: PluginScope) => object;
  /** An event that `process` can answer. Default: null. */
  readonly event?: Json;
}

const kinds: readonly ContributionKind[] = ['agents', 'providers', 'tools', 'validators', 'workflows', 'engines', 'panels'];

/** What every plugin has to hold. `folder` is the absolute path of its package. Needs vitest. */
export function testPlugin(name: string, folder: string, options: TestPluginOptions = {}): void {
  const start = async (config: unknown = options.config): Promise<{ readonly host: PluginHost; status(): PluginStatus }> => {
    const host = createPluginHost({ context: options.context ?? registerAnything });
    await host.add(folder, config === undefined ? {} : { config });
    await host.initialize();
    return { host, status: () => host.list()[0] as PluginStatus };
  };

  describe(`plugin ${name}`, () => {
    it('has a manifest that fits this host', async () => {
      const { manifest, version } = await locatePackage(folder);
      expect(manifest).toBeDefined();
      expect(version).not.toBe('');
    });

    it('exports a plugin of specVersion 1 by default', async () => {
      expect(await loadPlugin(await locatePackage(folder))).toMatchObject({ specVersion: 1 });
    });

    it('leaves the global object and the built-in prototypes alone', async () => {
      const before = surfaceOfGlobals();
      const { host } = await start();
      await host.cleanup();
      expect(surfaceOfGlobals()).toEqual(before);
    });

    it('starts within its deadline', async () => {
      const { host, status } = await start();
      expect(status()).toMatchObject({ status: 'active', errors: [] });
      await host.cleanup();
    });

    it('registers what it declares, and nothing else', async () => {
      const { host, status } = await start();
      expect(sorted(status().registered)).toEqual(sorted(status().contributes));
      await host.cleanup();
    });

    it('is gone without a trace after cleanup', async () => {
      const { host, status } = await start();
      await host.cleanup();
      expect(status()).toMatchObject({ status: 'closed', registered: {}, errors: [] });
    });

    it('can be started again by another host', async () => {
      const first = await start();
      await first.host.cleanup();
      const second = await start();
      expect(second.status()).toMatchObject({ status: 'active', errors: [] });
      await second.host.cleanup();
    });

    it('keeps two hosts apart', async () => {
      const [first, second] = [await start(), await start()];
      await first.host.cleanup();
      expect(second.status()).toMatchObject({ status: 'active', errors: [] });
      await second.host.cleanup();
      expect(second.status().errors).toEqual([]);
    });

    it('can be cleaned up twice, and without having been started', async () => {
      const plugin = await loadPlugin(await locatePackage(folder));
      await plugin.cleanup?.();
      await plugin.cleanup?.();
    });

    it('refuses config that does not fit its schema', async () => {
      const { host, status } = await start(['no plugin asks for', 'a list of words']);
      expect(status().errors[0]?.code).toBe('FW_PLUGIN_CONFIG');
      await host.cleanup();
    });

    it('answers an event with plain JSON, as often as it is asked', async () => {
      const { host, status } = await start();
      for (let call = 0; call < 3; call += 1) {
        for (const outcome of await host.process(options.event ?? null)) {
          expect(outcome).toMatchObject({ status: 'done' });
        }
      }
      expect(status()).toMatchObject({ status: 'active', errors: [] });
      await host.cleanup();
    });
  });
}

function registerAnything(plugin: PluginScope): object {
  return Object.fromEntries(kinds.map((kind) => [kind, { register: (thing: { readonly name: string }) => plugin.register(kind, thing.name, () => () => {}) }]));
}

function surfaceOfGlobals(): readonly string[] {
  const watched = { globalThis, 'Object.prototype': Object.prototype, 'Array.prototype': Array.prototype, JSON, Promise, 'Function.prototype': Function.prototype };
  return Object.entries(watched).flatMap(([owner, value]) => Reflect.ownKeys(value).map((key) => `${owner} ${String(key)}`)).sort();
}

function sorted(names: { readonly [kind: string]: readonly string[] | undefined }): { readonly [kind: string]: readonly string[] } {
  return Object.fromEntries(Object.entries(names).sort().flatMap(([kind, list]) => (list && list.length > 0 ? [[kind, [...list].sort()]] : [])));
}
