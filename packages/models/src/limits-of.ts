import type { ModelConfig, ModelLimits } from './registry-config.ts';

/** The limits of a model: those of the names that stand for it, and the lower one where two differ. */
export function limitsOf(id: string, models: { readonly [alias: string]: ModelConfig }): ModelLimits {
  const merged: { [name: string]: number | boolean | undefined } = {};
  for (const { use, limits = {} } of Object.values(models)) {
    if (use !== id) continue;
    for (const [name, value] of Object.entries(limits)) {
      const known = merged[name];
      if (typeof value === 'number') merged[name] = Math.min(value, typeof known === 'number' ? known : Infinity);
      else merged[name] = value !== false && known !== false ? value : false;
    }
  }
  return merged as ModelLimits;
}
