import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PluginPermissions } from '@fw/plugins';
import { withZod } from '@fw/agents-core/with-zod';

/** What a user lets a plugin do in one workspace. */
export interface PluginGrant {
  readonly id: string;
  readonly isolation: 'inline' | 'process';
  readonly permissions: PluginPermissions;
  /** It may also run where there is no sandbox. */
  readonly trusted: boolean;
  /** False: it stays granted, and is left out. */
  readonly enabled: boolean;
}

/** What is asked for beside what was granted, in words; empty when all is. */
export type GrantDifference = readonly string[];

/** The grants of one workspace, kept in the user's home: nothing in a workspace can bring its own. */
export interface PluginGrants {
  /** Undefined also for a record that was changed by hand. */
  find(id: string): Promise<PluginGrant | undefined>;
  set(grant: PluginGrant): Promise<void>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
  list(): Promise<readonly PluginGrant[]>;
  /** `before` is undefined for a plugin that was never granted anything. */
  compare(before: PluginGrant | undefined, asked: Pick<PluginGrant, 'isolation' | 'permissions'>): GrantDifference;
}

const words = withZod((z) => z.array(z.string()).optional());
const record = withZod((z) => z.strictObject({
  version: z.literal(1),
  workspace: z.string(),
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  isolation: z.enum(['inline', 'process']),
  permissions: z.strictObject({ fs: z.strictObject({ read: words, write: words }).optional(), net: words, exec: words, env: words, models: z.strictObject({ maxUsdPerRun: z.number().optional() }).optional() }),
  /** Of isolation and permissions. */
  sha256: z.string(),
  trusted: z.boolean(),
  enabled: z.boolean(),
}));

/** `home` is the user's, `workspace` the folder that the plugins are used in; both absolute. */
export function createPluginGrants(home: string, workspace: string): PluginGrants {
  const folderOf = async (): Promise<{ readonly folder: string; readonly place: string }> => {
    const place = await realpath(workspace).catch(() => path.resolve(workspace));
    return { place, folder: path.join(home, 'grants', createHash('sha256').update(place).digest('hex').slice(0, 32)) };
  };
  const read = async (file: string, place: string): Promise<PluginGrant | undefined> => {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const parsed = record.safeParse(parseJson(text));
    if (!parsed.success || parsed.data.workspace !== place || parsed.data.sha256 !== hashOf(parsed.data as PluginGrant)) return undefined;
    const { id, isolation, permissions, trusted, enabled } = parsed.data;
    return { id, isolation, permissions: permissions as PluginPermissions, trusted, enabled };
  };
  return {
    async find(id) {
      const { folder, place } = await folderOf();
      return isId(id) ? read(path.join(folder, `${id}.json`), place) : undefined;
    },
    async set(grant) {
      const { folder, place } = await folderOf();
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = path.join(folder, `${grant.id}.json`);
      const next = `${file}.${randomUUID()}`;
      await writeFile(next, `${JSON.stringify({ version: 1, workspace: place, ...grant, sha256: hashOf(grant) })}\n`, { mode: 0o600, flag: 'wx' });
      await rename(next, file);
    },
    async remove(id) {
      const { folder } = await folderOf();
      if (!isId(id)) return false;
      return rm(path.join(folder, `${id}.json`)).then(() => true, () => false);
    },
    async list() {
      const { folder, place } = await folderOf();
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
      const grants = await Promise.all(names.map((name) => read(path.join(folder, name), place)));
      return grants.filter((grant) => grant !== undefined);
    },
    compare(before, asked) {
      if (asked.isolation === 'inline') return before?.isolation === 'inline' ? [] : ['runs inline: everything that you may do'];
      const granted = before === undefined ? [] : partsOf(before.isolation === 'inline' ? {} : before.permissions);
      const beyond = partsOf(asked.permissions).filter((part) => !granted.includes(part));
      const [maxUsd, maxBefore] = [asked.permissions.models?.maxUsdPerRun ?? 0, before?.permissions.models?.maxUsdPerRun ?? 0];
      return [...beyond, ...(maxUsd > maxBefore ? [`models: up to ${maxUsd} US dollars a run${maxBefore > 0 ? ` (${maxBefore} before)` : ''}`] : [])];
    },
  };
}

/** Each thing that is asked for, in words that can be compared. */
function partsOf({ fs, net = [], exec = [], env = [] }: PluginPermissions): readonly string[] {
  return [
    ...(fs?.read ?? []).map((root) => `reads ${root}`), ...(fs?.write ?? []).map((root) => `writes ${root}`),
    ...net.map((host) => `reaches ${host}`), ...exec.map((command) => `runs ${command}`), ...env.map((name) => `is told the variable ${name}`),
  ];
}

function hashOf({ isolation, permissions }: Pick<PluginGrant, 'isolation' | 'permissions'>): string {
  const { fs, net = [], exec = [], env = [], models } = permissions;
  return createHash('sha256').update(JSON.stringify([isolation, fs?.read ?? [], fs?.write ?? [], net, exec, env, models?.maxUsdPerRun ?? null])).digest('hex');
}

const isId = (id: string): boolean => /^[a-z][a-z0-9-]{0,63}$/.test(id);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
