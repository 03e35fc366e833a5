import type { ModelProvider } from './model.ts';
import { ModelError } from './model-error.ts';

/** The providers by name. @throws ModelError for another version of the contract, a missing part or a name used twice. */
export function indexProviders(providers: readonly ModelProvider[]): ReadonlyMap<string, ModelProvider> {
  if (!Array.isArray(providers)) throw new ModelError('FW_MODEL_CONFIG', { message: 'The option "providers" must be a list of providers.' });
  const byName = new Map<string, ModelProvider>();
  for (const provider of providers) {
    if (typeof provider !== 'object' || provider === null) throw new ModelError('FW_MODEL_CONFIG', { message: `The list of providers holds ${String(provider)}, which is none.` });
    const name = String(provider.name);
    if ((provider.specVersion as number) !== 1) {
      const message = `Provider "${name}" implements version ${String(provider.specVersion)} of the model contract; this registry speaks version 1. Install releases that fit each other.`;
      throw new ModelError('FW_MODEL_SPEC_VERSION', { message });
    }
    if (!/^[\w.-]+$/.test(name)) {
      throw new ModelError('FW_MODEL_CONFIG', { message: `"${name}" cannot be the name of a provider: use letters, digits, ".", "_" and "-".` });
    }
    if (typeof provider.stream !== 'function') {
      throw new ModelError('FW_MODEL_CONFIG', { message: `Provider "${name}" has no function "stream".` });
    }
    if (byName.has(name)) {
      throw new ModelError('FW_MODEL_CONFIG', { message: `Two providers are named "${name}". Give one of them another name.` });
    }
    byName.set(name, provider);
  }
  return byName;
}
