import type { Candidate } from './candidates.ts';
import { aText, anything, both, checkConfig, listOf, objectOf, recordOf, which } from './check.ts';
import { limitsOf } from './limits-of.ts';
import { cardOf } from './model-card.ts';
import type { ModelPrice } from './price.ts';
import type { Prices } from './prices.ts';
import type { ModelLimits, RegistryConfig } from './registry-config.ts';

/** What the names of a project stood for when it was written: plain JSON, to be kept beside the project. */
export interface ModelLock {
  readonly version: 1;
  readonly models: { readonly [alias: string]: LockedModel };
}

export interface LockedModel {
  /** Models in the order they are tried. */
  readonly candidates: readonly string[];
  /** Of the first candidate; null when nobody knows. */
  readonly price: ModelPrice | null;
  readonly limits: ModelLimits;
  /** As the service named the model that answered, when it was seen. */
  readonly answeredBy?: string | undefined;
}

/** Something that is not as the lock says, or soon will not be. */
export interface LockDrift {
  readonly alias: string;
  readonly kind: 'missing' | 'candidates' | 'price' | 'limits' | 'answered-by' | 'retirement';
  readonly message: string;
}

export interface LockParts {
  readonly aliases: ReadonlyMap<string, readonly Candidate[]>;
  readonly config: RegistryConfig;
  readonly prices: Prices;
  readonly now: number;
  /** What services called the models that answered, by model. */
  readonly answered: ReadonlyMap<string, string>;
}

const retirementNoticeMs = 30 * 24 * 3_600_000;

const lockCheck = objectOf({
  version: which((version) => version === 1, 'must be 1'),
  models: recordOf((alias) => alias !== '', 'needs a name', objectOf({
    candidates: both(listOf(aText), which((candidates) => (candidates as readonly string[]).length > 0, 'must not be empty')),
    price: anything,
    limits: recordOf(() => true, '', anything),
    answeredBy: aText,
  }, ['candidates', 'limits'])),
}, ['version', 'models']);

export async function createLock(parts: LockParts): Promise<ModelLock> {
  const entries = [...parts.aliases].map(async ([alias, candidates]) => [alias, await lockedModel(candidates, parts)] as const);
  return { version: 1, models: Object.fromEntries(await Promise.all(entries)) };
}

/** @throws ModelError FW_MODEL_CONFIG for something that is no lock. */
export async function verifyLock(lock: unknown, parts: LockParts): Promise<readonly LockDrift[]> {
  checkConfig(lockCheck, lock, 'The lock of the models');
  const { models } = lock as ModelLock;
  const drifts: LockDrift[] = [];
  for (const [alias, locked] of Object.entries(models)) {
    const candidates = parts.aliases.get(alias);
    if (candidates === undefined) {
      drifts.push({ alias, kind: 'missing', message: `"${alias}" is in the lock and not configured any more.` });
      continue;
    }
    const current = await lockedModel(candidates, parts);
    const compare = (kind: LockDrift['kind'], was: unknown, is: unknown): void => {
      if (canonical(was) !== canonical(is)) drifts.push({ alias, kind, message: `The ${kind} of "${alias}" changed from ${JSON.stringify(was)} to ${JSON.stringify(is)}.` });
    };
    compare('candidates', locked.candidates, current.candidates);
    compare('price', locked.price, current.price);
    compare('limits', locked.limits, current.limits);
    if (locked.answeredBy !== undefined && current.answeredBy !== undefined) compare('answered-by', locked.answeredBy, current.answeredBy);
    drifts.push(...retirements(alias, candidates, parts));
  }
  for (const alias of parts.aliases.keys()) {
    if (!Object.hasOwn(models, alias)) drifts.push({ alias, kind: 'missing', message: `"${alias}" is configured and not in the lock.` });
  }
  return drifts;
}

async function lockedModel(candidates: readonly Candidate[], { config, prices, now, answered }: LockParts): Promise<LockedModel> {
  const [first] = candidates as readonly [Candidate, ...Candidate[]];
  const simulated = first.provider.simulated === true;
  const price = simulated ? null : (cardOf(config.cards, first.reference).price ?? (await prices.find(first.reference, now)) ?? null);
  const answeredBy = answered.get(first.id);
  return { candidates: candidates.map(({ id }) => id), price, limits: limitsOf(first.id, config.models), ...(answeredBy === undefined ? {} : { answeredBy }) };
}

function retirements(alias: string, candidates: readonly Candidate[], { config, now }: LockParts): readonly LockDrift[] {
  return candidates.flatMap(({ id, reference }) => {
    const { retiresAt, replacedBy } = cardOf(config.cards, reference);
    if (retiresAt === undefined || Date.parse(retiresAt) - now > retirementNoticeMs) return [];
    const instead = replacedBy === undefined ? '' : ` Its replacement is ${replacedBy}.`;
    return [{ alias, kind: 'retirement' as const, message: `${id}, which "${alias}" leads to, retires on ${retiresAt}.${instead}` }];
  });
}

/** JSON with its keys in order and without what is undefined. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort(([left], [right]) => (left < right ? -1 : 1))) : item);
}
