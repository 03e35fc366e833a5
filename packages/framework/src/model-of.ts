import type { Config } from './config.ts';
import { FrameworkError } from './framework-error.ts';

/** The alias or reference of an agent; an agent without one of its own takes the only alias there is, or `default`. */
export function modelOf(config: Config, agent: string): string {
  const own = (config.agents as { readonly [name: string]: string | undefined } | undefined)?.[agent];
  if (own !== undefined) return own;
  const aliases = Object.keys(config.models ?? {});
  const fallback = aliases.includes('default') ? 'default' : aliases.length === 1 ? aliases[0] : config.agents?.developer;
  if (fallback !== undefined) return fallback;
  throw new FrameworkError('FW_MODEL_ALIAS_MISSING', { message: `No model is chosen for the agent "${agent}": set agents.${agent} to one of ${aliases.join(', ') || 'your models'}, or name a model "default".` });
}
