import { inspectPlugin } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { plainLine } from '../plain-text.ts';
import { openPluginPlace } from '../plugin-place.ts';

/** `fw plugin inspect`: what a plugin is and asks for, beside what was granted and pinned. None of its code runs. */
export async function pluginInspect(context: CliContext, name: string): Promise<number> {
  const { id, version, source, manifest, integrity } = await inspectPlugin(name, context.directory);
  const { isolation, api, entry, contributes = {}, permissions = {}, activation = [] } = manifest;
  const { grants, pins } = openPluginPlace(context);
  const [grant, { [id]: pin }] = await Promise.all([grants.find(id), pins()]);
  const asks = grants.compare(grant, { isolation, permissions });
  const pinned = pin === undefined ? 'missing' : pin.integrity === integrity ? 'same' : 'changed';
  if (context.output !== 'text') {
    context.terminal.print(jsonLine({ id, version, source, api, entry, isolation, contributes, permissions, activation, integrity, pinned, pin: pin ?? null, grant: grant ?? null, asks }));
    return exitCodes.success;
  }
  const rows = [
    ['id', `${id} ${version}`], ['source', source], ['interface', api],
    ['isolation', isolation === 'inline' ? 'inline: it can do everything that you may do' : 'process: held to its permissions'],
    ['contributes', Object.entries(contributes).flatMap(([kind, names]) => (names ?? []).map((one) => `${kind}: ${one}`)).join(', ') || 'nothing'],
    ['integrity', integrity],
    ['pin', { missing: 'none in fw.lock.json', same: 'as fw.lock.json says', changed: `changed: fw.lock.json says ${pin?.version ?? ''} ${pin?.integrity ?? ''}` }[pinned]],
    ['grant', grant === undefined ? 'none in this workspace' : grant.enabled ? 'given' : 'given, and disabled'],
    ['asks for', asks.length === 0 ? 'nothing more' : asks.join('; ')],
  ];
  context.terminal.print(formatTable(rows.map((row) => row.map((cell) => plainLine(cell, 500)))));
  return exitCodes.success;
}
