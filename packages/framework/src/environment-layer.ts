import { advise } from './config-issue.ts';
import { configJsonSchema, parseConfig } from './config.ts';
import type { Config } from './config.ts';
import { FrameworkError } from './framework-error.ts';

/** One value of a config that a variable gives. */
export interface EnvironmentValue {
  readonly variable: string;
  /** From the section inwards. */
  readonly path: readonly string[];
  readonly value: string | number | boolean | readonly string[];
}

/**
 * What variables say of the config: a key's path in capitals, such as `FW_BUDGETS_RUN_USD=2`, `FW_WORKFLOW_QUESTIONS=true`
 * or `FW_PLUGINS=a,b`. Keys under names that users choose (providers, models, MCP servers, policies) have none.
 * @throws FrameworkError `FW_CONFIG_INVALID` naming the variable: its value does not fit, or a section has no such key.
 */
export function readEnvironmentLayer(environment: { readonly [name: string]: string | undefined }): readonly EnvironmentValue[] {
  const settable = settableKeys(configJsonSchema() as Schema, []);
  const values: EnvironmentValue[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || text === '') continue;
    const key = settable.get(variable);
    if (key !== undefined) values.push({ variable, path: key.path, value: read(variable, text, key) });
    else if (isMeant(variable, settable)) throw invalid(variable, `there is no such key${advise(variable, [...settable.keys()])}`);
  }
  return values;
}

/** A config with these values in place, each laid over what is there. */
export function withEnvironmentLayer(config: Config, values: readonly EnvironmentValue[]): Config {
  return values.reduce<Config>((whole, { path, value }) => put(whole, path, value) as Config, config);
}

interface Schema {
  readonly type?: string;
  readonly properties?: { readonly [key: string]: Schema };
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

interface SettableKey {
  readonly path: readonly string[];
  readonly kind: 'string' | 'number' | 'boolean' | 'list';
}

function settableKeys(schema: Schema, path: readonly string[]): Map<string, SettableKey> {
  const found = new Map<string, SettableKey>();
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    if (key.startsWith('$')) continue;
    const at = [...path, key];
    for (const [variable, nested] of settableKeys(inner, at)) found.set(variable, nested);
    const kind = kindOf(inner) ?? inner.anyOf?.map(kindOf).find((form) => form !== undefined);
    if (kind !== undefined) found.set(variableOf(at), { path: at, kind });
  }
  return found;
}

function kindOf({ type, items }: Schema): SettableKey['kind'] | undefined {
  // Entries of plugins may be objects as well; by a variable they are names.
  if (type === 'array') return [items, ...(items?.anyOf ?? [])].some((form) => form?.type === 'string') ? 'list' : undefined;
  if (type === 'integer') return 'number';
  return type === 'string' || type === 'number' || type === 'boolean' ? type : undefined;
}

function variableOf(path: readonly string[]): string {
  return `FW_${path.map((key) => key.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_')}`;
}

/** A slip in a variable that begins like one of ours would pass unseen. */
function isMeant(variable: string, settable: ReadonlyMap<string, SettableKey>): boolean {
  return [...settable.values()].some(({ path }) => path.length > 1 && variable.startsWith(`${variableOf(path.slice(0, 1))}_`));
}

function read(variable: string, text: string, { path, kind }: SettableKey): EnvironmentValue['value'] {
  const value = convert(variable, text, kind);
  parseConfig(put({}, path, value), variable);
  return value;
}

function convert(variable: string, text: string, kind: SettableKey['kind']): EnvironmentValue['value'] {
  if (kind === 'string') return text;
  if (kind === 'list') return text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
  if (kind === 'boolean') {
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    throw invalid(variable, `"${text}" is neither true nor false`);
  }
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw invalid(variable, `"${text}" is no number`);
  return value;
}

function put(whole: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const before = typeof whole === 'object' && whole !== null && !Array.isArray(whole) ? whole as { readonly [key: string]: unknown } : {};
  return { ...before, [key]: put(before[key], rest, value) };
}

function invalid(variable: string, problem: string): FrameworkError {
  return new FrameworkError('FW_CONFIG_INVALID', { message: `${variable}: ${problem}.` });
}
