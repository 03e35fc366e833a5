import type { z } from 'zod';
import { loadZod, withZod } from './with-zod.ts';
import { apiFits, apiVersion } from './api-version.ts';
import { nearestWord } from './nearest-word.ts';
import type { PluginErrorCode, PluginIdentity } from './plugin-error.ts';
import { refuse } from './refusal.ts';

/** What a plugin can add to a host. */
export type ContributionKind = 'agents' | 'providers' | 'tools' | 'validators' | 'workflows' | 'engines' | 'panels';

export const contributionKinds: readonly [ContributionKind, ...ContributionKind[]] = ['agents', 'providers', 'tools', 'validators', 'workflows', 'engines', 'panels'];

/** The `fw` member of a plugin's package.json. */
export interface PluginManifest {
  readonly manifest: 1;
  /** `^major.minor` of the plugin interface. */
  readonly api: string;
  readonly id: string;
  /** Relative to the package, inside it. */
  readonly entry: string;
  /** Names start with the plugin's id and a dot. */
  readonly contributes?: { readonly [kind in ContributionKind]?: readonly string[] };
  /** What it waits for before it is started; without, `initialize()` starts it. */
  readonly activation?: readonly string[];
  /** All that an isolated plugin gets. Not enforced for one that runs inline, which is trusted code. */
  readonly permissions?: PluginPermissions;
  /** `inline` is for code that its users trust; `process` is held to its permissions. */
  readonly isolation: 'inline' | 'process';
  readonly timeouts?: { readonly initialize?: number; readonly process?: number; readonly cleanup?: number };
}

export interface PluginPermissions {
  readonly fs?: { readonly read?: readonly string[]; readonly write?: readonly string[] };
  /** `host:port`. */
  readonly net?: readonly string[];
  /** Programs. */
  readonly exec?: readonly string[];
  /** Names of environment variables. */
  readonly env?: readonly string[];
  readonly models?: { readonly maxUsdPerRun?: number };
}

/** A package.json that is a plugin's. */
export interface PluginPackage {
  readonly name: string;
  readonly version: string;
  readonly manifest: PluginManifest;
}

export const pluginKeyword = 'fw-plugin';

const words = withZod((z) => z.array(z.string().min(1).max(256)).max(256));
const milliseconds = withZod((z) => z.number().int().positive().max(600_000));
const contributes = withZod((z) => z.strictObject({
  agents: words.optional(), providers: words.optional(), tools: words.optional(), validators: words.optional(),
  workflows: words.optional(), engines: words.optional(), panels: words.optional(),
}));
const fileAccess = withZod((z) => z.strictObject({ read: words.optional(), write: words.optional() }));
const modelAccess = withZod((z) => z.strictObject({ maxUsdPerRun: z.number().nonnegative().optional() }));
const permissions = withZod((z) => z.strictObject({
  fs: fileAccess.optional(), net: z.array(z.string().regex(/^(?:\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,252})):\d{1,5}$/, 'exactly one "host:port" in small letters, such as "api.acme.example:443"')).max(256).optional(), exec: words.optional(), env: words.optional(), models: modelAccess.optional(),
}));
const timeouts = withZod((z) => z.strictObject({ initialize: milliseconds.optional(), process: milliseconds.optional(), cleanup: milliseconds.optional() }));
const manifest = withZod((z) => z.strictObject({
  manifest: z.literal(1),
  api: z.string().regex(/^\^\d{1,6}\.\d{1,6}$/, 'a range such as "^1.0"'),
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'small letters, digits and "-", at most 64, a letter first'),
  entry: z.string().min(1).max(1_024),
  contributes: contributes.optional(),
  activation: z.array(z.string().regex(/^on(State|Tool):[\w.-]{1,128}$/, '"onState:<state>" or "onTool:<tool>"')).max(256).optional(),
  permissions: permissions.optional(),
  isolation: z.enum(['inline', 'process']),
  timeouts: timeouts.optional(),
}));
const packageJson = withZod((z) => z.object({
  name: z.string().min(1).max(214),
  version: z.string().regex(/^\d+\.\d+\.\d+/, 'a version such as "1.2.3"'),
  keywords: z.array(z.string()).default([]),
  fw: manifest,
}));

const keysByPath = (): { readonly [path: string]: readonly string[] } => ({
  'fw': Object.keys(manifest.shape),
  'fw.contributes': Object.keys(contributes.shape),
  'fw.permissions': Object.keys(permissions.shape),
  'fw.permissions.fs': Object.keys(fileAccess.shape),
  'fw.permissions.models': Object.keys(modelAccess.shape),
  'fw.timeouts': Object.keys(timeouts.shape),
});

/**
 * Checks a package.json; runs none of the plugin's code.
 * @throws PluginError `FW_PLUGIN_MANIFEST` with each place that is wrong, `FW_PLUGIN_API` with both versions, `FW_PLUGIN_ISOLATION`.
 */
export function parseManifest(value: unknown, folder: string): PluginPackage {
  const parsed = packageJson.safeParse(value);
  const identity = identify(value, folder);
  const reject = (code: PluginErrorCode, message: string): never => refuse(code, identity, 'validate', message);
  if (!parsed.success) return reject('FW_PLUGIN_MANIFEST', `its package.json cannot be used: ${parsed.error.issues.map(describe).join('; ')}.`);
  const { name, version, keywords, fw } = parsed.data;
  if (!keywords.includes(pluginKeyword)) return reject('FW_PLUGIN_MANIFEST', `its package.json has no keyword "${pluginKeyword}". Add it.`);
  const foreign = Object.values(fw.contributes ?? {}).flatMap((names) => names ?? []).find((contribution) => !contribution.startsWith(`${fw.id}.`));
  if (foreign !== undefined) return reject('FW_PLUGIN_MANIFEST', `it contributes "${foreign}", but names must start with its id: "${fw.id}.${foreign}".`);
  if (!apiFits(fw.api)) return reject('FW_PLUGIN_API', `it is written for plugin interface ${fw.api}, this host has ${apiVersion}. Install a version of it that fits.`);
  if (fw.isolation === 'process') {
    if ((fw.contributes?.engines ?? []).length > 0) return reject('FW_PLUGIN_ISOLATION', 'it contributes an engine, which runs inline only. Use isolation "inline".');
  }
  return { name, version, manifest: fw as PluginManifest };
}

/** As far as a package.json that may be wrong says it. */
function identify(value: unknown, folder: string): PluginIdentity {
  const z = loadZod();
  const text = z.string().min(1).max(64);
  const read = z.object({ version: text.catch('unknown'), fw: z.object({ id: text }).catch({ id: folder }) }).safeParse(value);
  return read.success ? { id: read.data.fw.id, version: read.data.version } : { id: folder, version: 'unknown' };
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${path || 'package.json'}: ${issue.message}`;
  return issue.keys.slice(0, 8).map((key) => {
    const nearest = nearestWord(key, keysByPath()[path] ?? []);
    return `${path}: unknown key "${key}"${nearest === undefined ? '' : `, did you mean "${nearest}"?`}`;
  }).join('; ');
}
