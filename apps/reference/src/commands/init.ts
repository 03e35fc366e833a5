import { access, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findProjectConfig, parseConfig } from '@fw/framework';
import type { Config, ProviderConfig } from '@fw/framework';
import { AppError } from '../app-error.ts';
import { checkWorkspace } from '../check-workspace.ts';
import type { CliContext } from '../cli-context.ts';
import { adviceOnModels, keyNames, serviceOf } from '../detect-providers.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { isLoopback } from '../loopback.ts';
import { readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

export interface InitOptions {
  readonly model?: string;
}

const budget = { run: { tokens: 2_000_000 } };

/**
 * `fw init`: writes a small `fw.config.json` with the model that was named or found. A config that is there, in package.json too, stays as it is.
 * @throws AppError `FW_USAGE` when there is one already, or the model's provider is unknown.
 */
export async function init(context: CliContext, folder: string, { model }: InitOptions): Promise<number> {
  const directory = await checkWorkspace(context.directory, folder);
  const present = await findProjectConfig(directory);
  if (present !== undefined) throw new AppError('FW_USAGE', { message: `${present.file} is there already and stays as it is. "fw config check" reads it.` });
  const found = await readConfig(context, { workspace: directory, servers: true, ...(model === undefined ? {} : { model }) });
  const config = await firstConfig(directory, found.config, model);
  parseConfig(config, 'fw init');
  const file = path.join(directory, 'fw.config.json');
  // A file that came in the meantime wins.
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`, { flag: 'wx' }).catch((error: unknown) => {
    throw new AppError('FW_USAGE', { message: `${file} cannot be written: ${(error as Error).message}.`, cause: error });
  });
  const chosen = config.agents?.developer;
  if (context.output !== 'text') context.terminal.print(jsonLine({ file, config }));
  else {
    context.terminal.print(`${plainLine(file)} is written: ${chosen === undefined ? 'no model yet' : `the agents use ${plainLine(chosen, 200)}`}, and a run may use ${budget.run.tokens.toLocaleString('en')} tokens.\n`
      + (chosen === undefined ? `${adviceOnModels}\n` : `Try it with: fw run "what has to be done"\n`));
  }
  return exitCodes.success;
}

async function firstConfig(directory: string, found: Config, named: string | undefined): Promise<Config> {
  const model = named ?? found.models?.['default']?.use;
  const provider = model === undefined ? undefined : /^([^/]+)\/./.exec(model)?.[1];
  if (model !== undefined && provider === undefined) throw new AppError('FW_USAGE', { message: `--model "${model}" is not of the form provider/name.` });
  const settings = provider === undefined ? undefined : settingsOf(found, provider);
  const schema = 'node_modules/@fw/framework/dist/config.schema.json';
  const hasSchema = await access(path.join(directory, schema)).then(() => true, () => false);
  return {
    ...(hasSchema ? { $schema: `./${schema}` } : {}),
    ...(settings === undefined || provider === undefined ? {} : { providers: { [provider]: settings } }),
    ...(model === undefined ? {} : { agents: { architect: model, developer: model, reviewer: model } }),
    budgets: budget,
  };
}

/** A server on this machine by its address, a service by the name of its key. An address that the environment gives stays there. */
function settingsOf({ providers = {} }: Config, name: string): ProviderConfig | undefined {
  const { use, baseURL } = providers[name] ?? {};
  if (baseURL !== undefined) return use !== undefined && isLoopback(baseURL) ? { use, baseURL } : undefined;
  const key = keyNames[name]?.[0];
  return key === undefined ? undefined : { use: use ?? serviceOf(name), apiKeyEnv: providers[name]?.apiKeyEnv ?? key };
}
