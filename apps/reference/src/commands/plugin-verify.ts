import { inspectPlugin } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { isPluginFolder, verifyFolder } from '../plugin-folder.ts';
import { openPluginPlace } from '../plugin-place.ts';
import type { PluginPlace } from '../plugin-place.ts';

interface Verified {
  readonly name: string;
  readonly id: string | null;
  readonly status: 'ok' | 'changed' | 'not-pinned' | 'not-granted' | 'disabled' | 'unusable';
  readonly message: string;
}

/** `fw plugin verify`: whether plugins are what was pinned and granted. None of their code runs. Exits 7 when one is not. */
export async function pluginVerify(context: CliContext, names: readonly string[]): Promise<number> {
  const place = openPluginPlace(context);
  const chosen = names.length > 0 ? names : await listedNames(context);
  const verified: Verified[] = [];
  for (const name of chosen) verified.push(await verify(context, name, place));
  const isFine = verified.every(({ status }) => status === 'ok' || status === 'disabled');
  if (context.output !== 'text') context.terminal.print(jsonLine({ lock: place.lockFile, plugins: verified }));
  else if (verified.length === 0) context.terminal.print('No plugin is configured.\n');
  else context.terminal.print(formatTable([['PLUGIN', 'STATUS', ''], ...verified.map(({ name, id, status, message }) => [id ?? name, status, message].map((cell) => plainLine(cell, 500)))]));
  return isFine ? exitCodes.success : exitCodes.plugin;
}

async function listedNames(context: CliContext): Promise<readonly string[]> {
  const { config } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  return (config.plugins ?? []).map((entry) => (typeof entry === 'string' ? entry : entry.use));
}

async function verify(context: CliContext, name: string, { grants, pins }: PluginPlace): Promise<Verified> {
  if (await isPluginFolder(name, context.directory)) {
    const isTrusted = await verifyFolder(context, name);
    return { name, id: null, status: isTrusted ? 'ok' : 'not-granted', message: isTrusted ? 'trusted as it is' : `not trusted, or changed since: fw trust ${name}` };
  }
  try {
    const { id, version, integrity, manifest: { isolation, permissions = {} } } = await inspectPlugin(name, context.directory);
    const [{ [id]: pin }, grant] = await Promise.all([pins(), grants.find(id)]);
    const beyond = grants.compare(grant, { isolation, permissions });
    const say = (status: Verified['status'], message: string): Verified => ({ name, id, status, message });
    if (pin === undefined) return say('not-pinned', `not pinned in fw.lock.json: fw plugin add ${name}`);
    if (pin.integrity !== integrity) return say('changed', `its files are not those that were pinned (${pin.version} there, ${version} here)`);
    if (grant === undefined) return say('not-granted', `not added in this workspace: fw plugin add ${name}`);
    if (beyond.length > 0) return say('not-granted', `it asks for more: ${beyond.join('; ')}`);
    return grant.enabled ? say('ok', 'as it was pinned and granted') : say('disabled', 'as it was pinned; disabled here');
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (typeof code !== 'string' || !code.startsWith('FW_PLUGIN')) throw error;
    return { name, id: null, status: 'unusable', message: (error as Error).message };
  }
}
