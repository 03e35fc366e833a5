import type { Json } from '@fw/agents-core';
import { loadZod, withZod } from '@fw/agents-core/with-zod';
import type { Config } from './config.ts';
import { FrameworkError } from './framework-error.ts';

/** What a fork does otherwise than the run that it came from. */
export interface ForkChange {
  /** An alias or reference by agent. */
  readonly models?: { readonly [agent: string]: string };
}

const roles = ['architect', 'developer', 'reviewer'] as const;
const schema = withZod((z) => z.strictObject({ models: z.partialRecord(z.enum(roles), z.string().min(1)).optional() }));

/** @throws FrameworkError `FW_CONFIG_INVALID` for what cannot be changed. */
export function readChange(change: Json | undefined): ForkChange {
  const parsed = schema.safeParse(change ?? {});
  if (!parsed.success) throw new FrameworkError('FW_CONFIG_INVALID', { message: `A fork cannot change that: ${loadZod().prettifyError(parsed.error)}. What it can change: the models of ${roles.join(', ')}.` });
  return parsed.data as ForkChange;
}

export function changeConfig(config: Config, { models }: ForkChange): Config {
  return models === undefined ? config : { ...config, agents: { ...config.agents, ...models } };
}
