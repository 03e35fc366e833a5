import { withZod } from './with-zod.ts';
import { deny } from './denied.ts';
import { guardFiles } from './guarded-files.ts';
import type { Json } from './json.ts';
import type { PluginManifest } from './manifest.ts';
import type { PluginIdentity } from './plugin-error.ts';
import { refuse } from './refusal.ts';

/** What a host has to grant. What it leaves out cannot be granted. */
export interface HostCapabilities {
  /** Absolute folders by the names that `permissions.fs` uses, for one plugin; null for one that the host gives in its own way. Others cannot be asked for. */
  readonly roots?: (plugin: PluginIdentity, access: 'read' | 'write') => { readonly [name: string]: string | null };
  /** The host runs the programs of `permissions.exec` in its own way; without it an isolated plugin cannot ask for any. */
  readonly exec?: boolean;
  /** Where the names of `permissions.env` are looked up. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** One call of a model, which may cost at most `maxUsd`: throw before it could cost more. */
  readonly generate?: (plugin: PluginIdentity, request: Json, limit: { readonly maxUsd: number; readonly signal: AbortSignal }) => Promise<{ readonly response: Json; readonly usd: number }>;
}

/** The capabilities of one plugin as its host answers them. */
export interface CapabilityCalls {
  readonly env: { readonly [name: string]: string };
  /** What its models have cost so far. */
  readonly costUsd: number;
  /** @throws DeniedError for what was not granted. */
  answer(method: string, input: Json, signal: AbortSignal): Promise<Json>;
  /** A new run: `maxUsdPerRun` counts anew. */
  beginRun(): void;
}

const place = withZod((z) => z.strictObject({ root: z.string().max(256), path: z.string().max(4_096) }));
const inputs = {
  'files.read': place,
  'files.list': place,
  'files.write': withZod((z) => place.extend({ content: z.string() })),
  'fetch': withZod((z) => z.strictObject({
    url: z.string().max(8_192), method: z.string().regex(/^[A-Z]{1,16}$/), redirect: z.enum(['follow', 'manual', 'error']),
    headers: z.record(z.string().max(256), z.string().max(16_384)), body: z.string().optional(), timeoutMs: z.number().int().positive().max(600_000).optional(),
  })),
  'models.generate': withZod((z) => z.record(z.string(), z.unknown())),
} as const;

/** @throws PluginError `FW_PLUGIN_PERMISSION` for a root that this host has not. */
export function createCapabilityCalls(plugin: PluginIdentity, permissions: NonNullable<PluginManifest['permissions']>, host: HostCapabilities): CapabilityCalls {
  const files = guardFiles(permissions.fs, { read: rootsOf(plugin, permissions, host, 'read'), write: rootsOf(plugin, permissions, host, 'write') });
  const env = Object.fromEntries((permissions.env ?? []).flatMap((name) => {
    const value = host.environment?.[name];
    return value === undefined ? [] : [[name, value]];
  }));
  let costUsd = 0;
  let spent = 0;
  // One after the other, so that what is left is known when the next one is sent.
  let turn: Promise<unknown> = Promise.resolve();

  const generate = async (request: Json, signal: AbortSignal): Promise<Json> => {
    const maxUsd = permissions.models?.maxUsdPerRun;
    if (maxUsd === undefined) return deny('permissions.models does not say what models may cost.');
    if (host.generate === undefined) return deny('This host has no models for plugins.');
    signal.throwIfAborted();
    if (spent >= maxUsd) deny(`The ${maxUsd} US dollars of permissions.models.maxUsdPerRun are spent.`);
    const { response, usd } = await host.generate(plugin, request, { maxUsd: maxUsd - spent, signal });
    spent += usd;
    costUsd += usd;
    return response;
  };

  return {
    env,
    get costUsd() {
      return costUsd;
    },
    beginRun() {
      spent = 0;
    },
    async answer(method, input, signal) {
      if (!Object.hasOwn(inputs, method)) return deny(`There is no capability "${method.slice(0, 64)}".`);
      const parsed = inputs[method as keyof typeof inputs].safeParse(input);
      if (!parsed.success) return deny(`${method} was called with what does not fit: ${parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}.`);
      const given = parsed.data as { readonly root: string; readonly path: string; readonly content: string };
      if (method === 'files.read') return files.read(given.root, given.path);
      if (method === 'files.list') return files.list(given.root, given.path);
      if (method === 'files.write') return files.write(given.root, given.path, given.content).then(() => null);
      if (method === 'fetch') return (await import('./guarded-fetch.ts')).guardedFetch(parsed.data as never, permissions.net ?? [], signal) as unknown as Promise<Json>;
      const next = turn.then(() => generate(input, signal));
      turn = next.catch(() => {});
      return next;
    },
  };
}

function rootsOf(plugin: PluginIdentity, { fs }: NonNullable<PluginManifest['permissions']>, host: HostCapabilities, access: 'read' | 'write'): { readonly [name: string]: string | null } {
  const asked = fs?.[access] ?? [];
  const roots = asked.length === 0 ? {} : host.roots?.(plugin, access) ?? {};
  const unknown = asked.find((name) => !Object.hasOwn(roots, name));
  if (unknown !== undefined) refuse('FW_PLUGIN_PERMISSION', plugin, 'validate', `it asks for fs.${access} of "${unknown}". To ${access} there is here: ${Object.keys(roots).join(', ') || 'nothing'}.`);
  return roots;
}
