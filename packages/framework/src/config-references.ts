import { advise } from './config-issue.ts';
import { FrameworkError } from './framework-error.ts';
import type { LoadedConfig } from './load-config.ts';
import { workflowProblem } from './run-workflow.ts';

/**
 * A name that points at nothing is a slip of the file that made it: said with the file, before anything starts.
 * What came by a flag is left to the one who read the flag.
 */
export function checkReferences({ config, origins }: LoadedConfig): void {
  const providers = Object.keys(config.providers ?? {});
  const aliases = Object.keys(config.models ?? {});

  function check(entry: string, key: string, reference: string, allowed: readonly string[]): void {
    const problem = problemOf(reference, allowed, providers);
    if (problem === undefined || origins[entry] === '--model') return;
    throw new FrameworkError('FW_CONFIG_INVALID', { message: `${String(origins[entry])}: ${key}: "${reference}" ${problem}.` });
  }

  for (const [alias, model] of Object.entries(config.models ?? {})) {
    check(`models.${alias}`, `models.${alias}.use`, model.use, []);
    for (const [index, reference] of (model.fallback ?? []).entries()) {
      check(`models.${alias}`, `models.${alias}.fallback.${String(index)}`, reference, aliases);
    }
  }
  for (const [agent, reference] of Object.entries(config.agents ?? {})) {
    if (reference !== undefined) check(`agents.${agent}`, `agents.${agent}`, reference, aliases);
  }
  const problem = workflowProblem(config);
  if (problem !== undefined) {
    const [, key = ''] = /^workflow\.(\w+)/.exec(problem) ?? [];
    throw new FrameworkError('FW_CONFIG_INVALID', { message: `${String(origins[`workflow.${key}`])}: ${problem}.` });
  }
}

/** Why a reference cannot be used, or undefined: it is `provider/model` of a configured provider, or an allowed alias. */
function problemOf(reference: string, aliases: readonly string[], providers: readonly string[]): string | undefined {
  if (aliases.includes(reference)) return undefined;
  const slash = reference.indexOf('/');
  if (slash <= 0 || slash === reference.length - 1) {
    return aliases.length === 0 ? 'is not of the form provider/model' : `is neither a model of this config nor of the form provider/model${advise(reference, aliases)}`;
  }
  const provider = reference.slice(0, slash);
  return providers.includes(provider) ? undefined : `names the provider "${provider}", which is not configured${advise(provider, providers)}`;
}
