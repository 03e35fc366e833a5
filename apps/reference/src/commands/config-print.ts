import type { Config } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { formatTable } from '../format.ts';
import { jsonLine } from '../json-line.ts';
import { readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';

export interface ConfigPrintOptions {
  readonly origin?: boolean;
}

/** `fw config print`: the config as it is used, all layers joined; with `--origin` where each value comes from. No secret is in it. */
export async function configPrint(context: CliContext, { origin }: ConfigPrintOptions): Promise<number> {
  const { config, origins } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const shown = withoutSecrets(config);
  if (context.output !== 'text') context.terminal.print(jsonLine(origin === true ? { config: shown, origins } : shown));
  else if (origin !== true) context.terminal.print(`${JSON.stringify(shown, null, 2)}\n`);
  else {
    const rows = valuesOf(shown, []).map(([path, value]) => [plainLine(path.join('.'), 200), plainLine(JSON.stringify(value), 200), plainLine(originOf(path, origins))]);
    context.terminal.print(rows.length === 0 ? 'Nothing is configured.\n' : formatTable(rows));
  }
  return exitCodes.success;
}

/** Headers are how some servers take a key, and any address may hold a password. */
function withoutSecrets(config: Config): Config {
  const providers = Object.entries(config.providers ?? {}).map(([name, provider]) => [name, {
    ...provider,
    ...(provider.headers === undefined ? {} : { headers: Object.fromEntries(Object.keys(provider.headers).map((header) => [header, '[redacted]'])) }),
  }] as const);
  const whole: Config = config.providers === undefined ? config : { ...config, providers: Object.fromEntries(providers) };
  return JSON.parse(JSON.stringify(whole, (_key, value: unknown) => (typeof value === 'string' ? value.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1[redacted]@') : value))) as Config;
}

function valuesOf(value: unknown, path: readonly string[]): readonly (readonly [readonly string[], unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value === undefined ? [] : [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => valuesOf(inner, [...path, key]));
}

/** Of the value, or of the nearest thing around it that a layer gave whole. */
function originOf(path: readonly string[], origins: { readonly [key: string]: string }): string {
  for (let length = path.length; length > 0; length -= 1) {
    const origin = origins[path.slice(0, length).join('.')];
    if (origin !== undefined) return origin;
  }
  return '';
}
