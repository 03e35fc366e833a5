import type { z } from 'zod';
import { loadZod, withZod } from '@fw/agents-core/with-zod';
import type { Json, JsonSchema } from '@fw/agents-core';
import { describeIssue } from './config-issue.ts';
import { feedbackSchema } from './feedback/feedback-config.ts';
import type { FeedbackConfig, FeedbackMode } from './feedback/feedback-config.ts';
import { FrameworkError } from './framework-error.ts';
import { logLevels } from './logging.ts';
import { mcpName, mcpServer } from './mcp-config.ts';
import type { McpConfig } from './mcp-config.ts';
import { modelAlias } from './model-config.ts';
import type { ModelAlias } from './model-config.ts';

export type { McpConfig, ModelAlias };

/** What a config file holds. Plain data. */
export interface Config {
  /** For editors; the schema is what `configJsonSchema` gives. */
  readonly $schema?: string | undefined;
  readonly providers?: { readonly [name: string]: ProviderConfig } | undefined;
  readonly models?: { readonly [alias: string]: ModelAlias } | undefined;
  /** The alias, or `provider/model`, that each agent uses. */
  readonly agents?: { readonly architect?: string | undefined; readonly developer?: string | undefined; readonly reviewer?: string | undefined; readonly judge?: string | undefined } | undefined;
  readonly workflow?: WorkflowConfig | undefined;
  /** Servers of the Model Context Protocol whose tools the agents get, by the name that stands before them. Needs `@fw/mcp`. */
  readonly mcp?: { readonly [name: string]: McpConfig } | undefined;
  /** Packages by name, package folders, and folders of plugins. */
  readonly plugins?: readonly (string | PluginEntry)[] | undefined;
  /** What runs begun with this config are driven by; default `local`, the embedded engine. `restate`, or one of a plugin as `<plugin>.<name>`. */
  readonly engine?: string | EngineConfig | undefined;
  /** What the gates ask for, see `policy` of `@fw/testing`. */
  readonly policy?: { readonly [key: string]: Json } | undefined;
  /** `run`: of each run; `evaluation`: of all runs of an evaluation together. */
  readonly budgets?: { readonly run?: Budget | undefined; readonly evaluation?: Budget | undefined } | undefined;
  /** What is learned from past runs and chosen for new ones; default `shadow`: recorded, and nothing is changed. `off` ends it entirely. */
  readonly feedback?: FeedbackMode | FeedbackConfig | undefined;
  /** Of the log of each run: how much, and whether in its folder (`run`, the default) or on standard error. */
  readonly logging?: { readonly level?: (typeof logLevels)[number] | undefined; readonly destination?: 'run' | 'stderr' | undefined } | undefined;
  readonly workspace?: { readonly include?: readonly string[] | undefined; readonly maxFiles?: number | undefined; readonly maxBytes?: number | undefined } | undefined;
}

export interface PluginEntry {
  readonly use: string;
  /** Without it nothing is run, and it is never switched off; default false. */
  readonly required?: boolean | undefined;
  /** Checked by the plugin's own schema. */
  readonly config?: Json | undefined;
}

export interface WorkflowConfig {
  /** The state machine of runs, in place of `softwareDelivery`: a definition, its file in JSON or YAML, or one of a plugin as `<plugin>.<name>`. The gate stands before success in any. */
  readonly definition?: string | { readonly [key: string]: Json } | undefined;
  /** States whose result a person approves: those that the machine asks about, `design` in ours. */
  readonly approvals?: readonly string[] | undefined;
  /** Tools whose every call a person approves; one that ends in `*` stands for all that begin so. Default none. */
  readonly approveTools?: readonly string[] | undefined;
  /** Agents may ask a person, and the run waits for the answer; default false: they state what they assume. */
  readonly questions?: boolean | undefined;
  /** Passes that look at a change side by side, the first of them: correctness, security, contract. Default 3. */
  readonly reviewPasses?: number | undefined;
  /** Which tests `run_tests` runs when it is told nothing; the gate always measures all. Default `all`. */
  readonly testScope?: 'related' | 'all' | undefined;
}

export interface Budget {
  readonly usd?: number | undefined;
  readonly tokens?: number | undefined;
}

export interface EngineConfig {
  /** `local`, `restate`, or one of a plugin as `<plugin>.<name>`. */
  readonly use: string;
  /** `restate` only, as all that follow: where it takes calls, and where it is administered. */
  readonly ingressUrl?: string | undefined;
  readonly adminUrl?: string | undefined;
  /** Name of the service there; default `fw`. */
  readonly service?: string | undefined;
  /** Port of a worker on this machine; default 9080. */
  readonly port?: number | undefined;
  /** By which Restate reaches the worker; default the port on loopback. */
  readonly advertisedUrl?: string | undefined;
}

export interface ProviderConfig {
  /** `openai`, `anthropic`, `google`, `google-genai` or `scripted`, or one of a plugin as `<plugin>.<name>`. */
  readonly use: string;
  readonly baseURL?: string | undefined;
  /** Name of the environment variable that holds the key. */
  readonly apiKeyEnv?: string | undefined;
  readonly headers?: { readonly [name: string]: string } | undefined;
  readonly api?: 'chat' | 'responses' | undefined;
  /** `scripted` only: the script's file, or the script itself. */
  readonly script?: string | { readonly [key: string]: Json } | undefined;
}

const name = withZod((z) => z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a name here is small letters, digits and "-"'));
const text = withZod((z) => z.string().min(1));
const httpUrl = withZod((z) => z.url({ protocol: /^https?$/ }));
const engines = [withZod((z) => z.enum(['local', 'restate'])), withZod((z) => z.string().regex(/^[a-z][a-z0-9-]*\.[\w.-]+$/, { abort: true, error: 'the engine of a plugin is named "<plugin>.<name>"' }))] as const;

const provider = withZod((z) => z.strictObject({
  use: text,
  baseURL: httpUrl.optional(),
  apiKeyEnv: text.optional(),
  headers: z.record(z.string(), z.string()).optional(),
  api: z.enum(['chat', 'responses']).optional(),
  script: z.union([text, z.record(z.string(), z.json())], 'expected a file name or a script').optional(),
}));

const budget = withZod((z) => z.strictObject({ usd: z.number().positive().optional(), tokens: z.number().int().positive().optional() }));

const configSchema: z.ZodType<Config> = withZod((z) => z.strictObject({
  $schema: z.string().optional(),
  providers: z.record(name, provider).optional(),
  models: z.record(text, modelAlias).optional(),
  agents: z.strictObject({
    architect: text.optional(),
    developer: text.optional(),
    reviewer: text.optional(),
    judge: text.optional(),
  }).optional(),
  workflow: z.strictObject({
    definition: z.union([text, z.record(z.string(), z.json())], 'expected a file name or a definition').optional(),
    approvals: z.array(text).optional(),
    approveTools: z.array(z.string().regex(/^[\w-]+\*?$|^\*$/, 'a name of a tool, or the beginning of one with "*" after it')).optional(),
    questions: z.boolean().optional(),
    reviewPasses: z.int().min(1).max(3).optional(),
    testScope: z.enum(['related', 'all']).optional(),
  }).optional(),
  mcp: z.record(mcpName, mcpServer).optional(),
  plugins: z.array(z.union([text, z.strictObject({ use: text, required: z.boolean().optional(), config: z.json().optional() })])).optional(),
  engine: z.union([z.strictObject({
    use: z.union(engines),
    ingressUrl: httpUrl.optional(),
    adminUrl: httpUrl.optional(),
    service: text.optional(),
    port: z.number().int().min(1).max(65_535).optional(),
    advertisedUrl: httpUrl.optional(),
  }), ...engines]).optional(),
  policy: z.record(z.string(), z.json()).optional(),
  budgets: z.strictObject({ run: budget.optional(), evaluation: budget.optional() }).optional(),
  feedback: feedbackSchema.optional(),
  logging: z.strictObject({ level: z.enum(logLevels).optional(), destination: z.enum(['run', 'stderr']).optional() }).optional(),
  workspace: z.strictObject({
    include: z.array(text).optional(),
    maxFiles: z.number().int().positive().optional(),
    maxBytes: z.number().int().positive().optional(),
  }).optional(),
}));

/** JSON Schema (draft 2020-12) of a config file, for editors and other tools; see `$schema` of the config. */
export function configJsonSchema(): JsonSchema {
  return JSON.parse(JSON.stringify({ ...loadZod().toJSONSchema(configSchema, { io: 'input' }), title: 'Config of fw' })) as JsonSchema;
}

/**
 * Checks a config that comes from outside.
 * @param source Names the file or place in the error.
 * @throws FrameworkError `FW_CONFIG_INVALID` with file, key path and, for an unknown key, the one that was meant.
 */
export function parseConfig(value: unknown, source: string): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const schema = configJsonSchema();
  const places = parsed.error.issues.slice(0, 5).map((issue) => describeIssue(issue, schema, value));
  const more = parsed.error.issues.length - places.length;
  throw new FrameworkError('FW_CONFIG_INVALID', {
    message: `${source}: ${places.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}.`,
  });
}
