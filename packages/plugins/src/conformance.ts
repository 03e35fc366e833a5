import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostCapabilities } from './capability-calls.ts';
import { createPluginHost } from './host.ts';
import type { PluginHost } from './host.ts';
import { hashPackage } from './integrity.ts';
import type { Json } from './json.ts';
import { loadPlugin } from './load-plugin.ts';
import { locatePackage } from './locate.ts';
import { contributionKinds } from './manifest.ts';
import type { PluginStatus } from './plugin-status.ts';
import type { PluginScope } from './registrations.ts';

export interface TestPluginOptions {
  /** A config that the plugin's schema takes. */
  readonly config?: unknown;
  /** What an inline plugin needs of its host. Default: `register({ name })` under each kind of contribution. */
  readonly context?: (plugin: PluginScope) => object;
  /** What its permissions need. Default: nothing. */
  readonly capabilities?: HostCapabilities;
  /** An event that `process` can answer. Default: null. */
  readonly event?: Json;
}

/**
 * What every plugin has to hold. `folder` is the absolute path of its package. Needs vitest. One of isolation "process"
 * runs in a real process of its own, held to its permissions, without a sandbox around it.
 */
export function testPlugin(name: string, folder: string, options: TestPluginOptions = {}): void {
  const createHost = (): PluginHost => createPluginHost({
    context: options.context ?? registerAnything,
    isolation: {},
    ...(options.capabilities && { capabilities: options.capabilities }),
  });
  const add = async (config: unknown = options.config): Promise<Started> => {
    const host = createHost();
    await host.add(folder, { trusted: true, ...(config === undefined ? {} : { config }) });
    return { host, status: () => host.list()[0] as PluginStatus };
  };
  const start = async (config?: unknown): Promise<Started> => {
    const started = await add(config);
    await started.host.initialize();
    return started;
  };
  /** Starts it, runs something, and cleans up whatever came of that. */
  const during = async <T>(run: (started: Started) => T | Promise<T>): Promise<T> => {
    const started = await start();
    try {
      return await run(started);
    } finally {
      await started.host.cleanup();
    }
  };
  const event = options.event ?? null;

  describe(`plugin ${name}`, () => {
    it('has a manifest that fits this host', async () => {
      const { manifest, version } = await locatePackage(folder);
      expect(manifest).toBeDefined();
      expect(version).not.toBe('');
    });

    it('says what it is: a description and a README', async () => {
      expect(await readPackage(folder)).toMatchObject({ description: expect.stringMatching(/\S/) as string });
      expect((await readdir(folder)).some((file) => /^readme\.md$/i.test(file))).toBe(true);
    });

    it('brings no copy of the plugin interface of its own', async () => {
      const { dependencies = {}, peerDependencies = {} } = await readPackage(folder);
      expect(Object.keys(dependencies)).not.toContain('@fw/plugins');
      expect(Object.keys(peerDependencies)).toContain('@fw/plugins');
    });

    it('publishes its entry', async () => {
      const { files } = await readPackage(folder);
      const { entry, source } = await locatePackage(folder);
      const path = relative(source, entry).split(sep).join('/');
      if (files !== undefined) expect(files.map((file) => file.replace(/^\.\//, '').replace(/\/$/, '')).some((file) => path === file || path.startsWith(`${file}/`) || file.includes('*'))).toBe(true);
    });

    it('names each contribution once', async () => {
      const names = Object.values((await locatePackage(folder)).manifest?.contributes ?? {}).flatMap((list) => list ?? []);
      expect(new Set(names).size).toBe(names.length);
    });

    it('has files that can be pinned, and no link that leads out of them', async () => {
      const located = await locatePackage(folder);
      expect(await hashPackage(located.source, located)).toBe(await hashPackage(located.source, located));
    });

    it('exports a plugin of specVersion 1 by default', async () => {
      expect(await loadPlugin(await locatePackage(folder))).toMatchObject({ specVersion: 1 });
    });

    it('runs nothing before it is started', async () => {
      const { host, status } = await add();
      expect(status()).toMatchObject({ status: 'ready', registered: {}, errors: [] });
      await host.cleanup();
      expect(status()).toMatchObject({ status: 'closed', errors: [] });
    });

    it('runs where its manifest says', () => during(async ({ status }) => {
      expect(status().isolation).toBe((await locatePackage(folder)).manifest?.isolation);
    }));

    it('leaves the global object and the built-in prototypes alone', async () => {
      const before = surfaceOfGlobals();
      await during(() => {});
      expect(surfaceOfGlobals()).toEqual(before);
    });

    it('leaves the environment and the working directory alone', async () => {
      const before = [{ ...process.env }, process.cwd()];
      await during(({ host }) => host.process(event));
      expect([{ ...process.env }, process.cwd()]).toEqual(before);
    });

    it('listens to no signal and no error of the process', async () => {
      const before = listenersOfProcess();
      await during(({ host }) => host.process(event));
      expect(listenersOfProcess()).toEqual(before);
    });

    it('changes none of its own files', async () => {
      const located = await locatePackage(folder);
      const before = await hashPackage(located.source, located);
      await during(({ host }) => host.process(event));
      expect(await hashPackage(located.source, located)).toBe(before);
    });

    it('leaves no timer behind', async () => {
      await during(() => {});
      const before = timers();
      await during(({ host }) => host.process(event));
      expect(timers()).toBeLessThanOrEqual(before);
    });

    it('starts within its deadline', () => during(({ status }) => {
      expect(status()).toMatchObject({ status: 'active', errors: [] });
    }));

    it('is started once, however often that is asked', () => during(async ({ host, status }) => {
      await Promise.all([host.initialize(), host.initialize()]);
      expect(status()).toMatchObject({ status: 'active', errors: [] });
    }));

    it('registers what it declares, and nothing else', () => during(({ status }) => {
      expect(sorted(status().registered)).toEqual(sorted(status().contributes));
    }));

    it('is gone without a trace after cleanup', async () => {
      const { host, status } = await start();
      await host.cleanup();
      await host.cleanup();
      expect(status()).toMatchObject({ status: 'closed', registered: {}, errors: [] });
    });

    it('can be started again by another host', async () => {
      await during(() => {});
      await during(({ status }) => {
        expect(status()).toMatchObject({ status: 'active', errors: [] });
      });
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

    it('ends at once, with nothing registered, when its start is cancelled', async () => {
      const { host, status } = await add();
      await host.initialize({ signal: AbortSignal.abort() });
      expect(status()).toMatchObject({ status: 'failed', registered: {}, errors: [{ code: 'FW_PLUGIN_CANCELLED' }] });
      await host.cleanup();
    });

    it('ends with its host while it answers', async () => {
      const { host, status } = await start();
      const answering = host.process(event);
      await host.cleanup();
      await answering;
      expect(status()).toMatchObject({ status: 'closed', registered: {} });
    });

    it('refuses config that does not fit its schema', async () => {
      const { host, status } = await start(['no plugin asks for', 'a list of words']);
      expect(status().errors[0]?.code).toBe('FW_PLUGIN_CONFIG');
      await host.cleanup();
    });

    it('answers an event with plain JSON, as often as it is asked', () => during(async ({ host, status }) => {
      for (let call = 0; call < 3; call += 1) {
        for (const outcome of await host.process(event)) {
          expect(outcome).toMatchObject({ status: 'done' });
        }
      }
      expect(status()).toMatchObject({ status: 'active', errors: [] });
    }));

    it('answers several events at once', () => during(async ({ host, status }) => {
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => host.process(event)));
      for (const outcome of outcomes.flat()) expect(outcome).toMatchObject({ status: 'done' });
      expect(status()).toMatchObject({ errors: [] });
    }));

    it.each([['an unknown one', { type: 'fw.unknown' }], ['one of another shape', [[], {}, '', 0, null]], ['a long one', 'x'.repeat(100_000)]])('answers or refuses an event that it does not expect: %s', (_what, unexpected) => during(async ({ host }) => {
      for (const outcome of await host.process(unexpected)) {
        if (outcome.status === 'failed') expect(outcome.error.code).toBe('FW_PLUGIN_FAILED');
      }
    }));
  });
}

interface Started {
  readonly host: PluginHost;
  status(): PluginStatus;
}

interface PackageJson {
  readonly description?: unknown;
  readonly files?: readonly string[];
  readonly dependencies?: object;
  readonly peerDependencies?: object;
}

async function readPackage(folder: string): Promise<PackageJson> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;
}

function listenersOfProcess(): readonly number[] {
  return ['exit', 'beforeExit', 'uncaughtException', 'unhandledRejection', 'SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name));
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

function registerAnything(plugin: PluginScope): object {
  return Object.fromEntries(contributionKinds.map((kind) => [kind, { register: (thing: { readonly name: string }) => plugin.register(kind, thing.name, () => () => {}) }]));
}

function surfaceOfGlobals(): readonly string[] {
  const watched = { globalThis, 'Object.prototype': Object.prototype, 'Array.prototype': Array.prototype, JSON, Promise, 'Function.prototype': Function.prototype };
  return Object.entries(watched).flatMap(([owner, value]) => Reflect.ownKeys(value).map((key) => `${owner} ${String(key)}`)).sort();
}

function sorted(names: { readonly [kind: string]: readonly string[] | undefined }): { readonly [kind: string]: readonly string[] } {
  return Object.fromEntries(Object.entries(names).sort().flatMap(([kind, list]) => (list && list.length > 0 ? [[kind, [...list].sort()]] : [])));
}
