import { didYouMean } from './did-you-mean.ts';
import { cardOf } from './model-card.ts';
import type { ModelProvider } from './model.ts';
import { ModelError } from './model-error.ts';
import { formatReference, parseReference } from './reference.ts';
import type { ModelReference } from './reference.ts';
import type { RegistryConfig } from './registry-config.ts';

/** One endpoint that a call may go to. */
export interface Candidate {
  readonly provider: ModelProvider;
  readonly reference: ModelReference;
  readonly id: string;
  /** How the call gets there, for a person. */
  readonly reason: string;
  /** The model that it replaces when that is gone; only then is it tried. */
  readonly standsInFor?: string;
}

/**
 * The candidates of an alias in the order they are tried: its own model, then each fallback with the fallbacks of
 * that; each model once.
 * @throws ModelError FW_MODEL_CONFIG for a cycle, an unknown name, or a simulated model behind a real one.
 */
export function resolveAlias(alias: string, { models, cards }: Pick<RegistryConfig, 'models' | 'cards'>, providers: ReadonlyMap<string, ModelProvider>): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  const add = (name: string, reason: string): void => {
    const reference = parseReference(name);
    const provider = reference === undefined ? undefined : providers.get(reference.provider);
    if (reference === undefined || provider === undefined) {
      const known = [...Object.keys(models), ...[...providers.keys()].map((provider) => `${provider}/…`)];
      const meant = didYouMean(reference?.provider ?? name, reference === undefined ? Object.keys(models) : [...providers.keys()]);
      throw new ModelError('FW_MODEL_CONFIG', { message: `Model "${alias}" leads to "${name}", which is not registered.${meant} Known: ${known.join(', ')}.` });
    }
    const id = formatReference(reference);
    if (!found.has(id)) found.set(id, { provider, reference, id, reason });
  };
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      throw new ModelError('FW_MODEL_CONFIG', { message: `The fallbacks go in a circle: ${[...path, name].join(' → ')}. Take one of them out.` });
    }
    const config = Object.hasOwn(models, name) ? models[name] : undefined;
    if (config === undefined) return add(name, `fallback of "${path.at(-1)}"`);
    add(config.use, path.length === 0 ? `what "${name}" stands for` : `what "${name}" stands for, the fallback of "${path.at(-1)}"`);
    for (const next of config.fallback ?? []) visit(next, [...path, name]);
  };
  visit(alias, []);
  const candidates = [...found.values()].flatMap((candidate) => [candidate, ...standIns(candidate, cards, providers).filter(({ id }) => !found.has(id))]);
  refuseSimulated(alias, candidates);
  return candidates;
}

/** The replacement that a model's card names, when its provider is there. */
export function standIns(candidate: Candidate, cards: RegistryConfig['cards'], providers: ReadonlyMap<string, ModelProvider>): readonly Candidate[] {
  const { replacedBy } = cardOf(cards, candidate.reference);
  const reference = replacedBy === undefined ? undefined : parseReference(replacedBy);
  const provider = reference === undefined ? undefined : providers.get(reference.provider);
  if (reference === undefined || provider === undefined) return [];
  const id = formatReference(reference);
  return id === candidate.id ? [] : [{ provider, reference, id, reason: `replacement of ${candidate.id}`, standsInFor: candidate.id }];
}

function refuseSimulated(alias: string, candidates: readonly Candidate[]): void {
  const simulated = candidates.find((candidate) => candidate.provider.simulated === true);
  const real = candidates.find((candidate) => candidate.provider.simulated !== true);
  if (simulated === undefined || real === undefined) return;
  const message = `Model "${alias}" mixes the real ${real.id} with the simulated ${simulated.id}: a made-up answer would pass for a real one. Take one of them out.`;
  throw new ModelError('FW_MODEL_CONFIG', { message });
}
