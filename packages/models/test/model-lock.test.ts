import { describe, expect, test } from 'vitest';
import { createModelRegistry } from '../src/index.ts';
import type { ModelCard, ModelConfig, ModelLock, ModelRegistry } from '../src/index.ts';
import { hello } from './failing-models.ts';
import { failingProvider } from './failing-provider.ts';
import { createTestClock } from './test-clock.ts';

const price = { usdPerMillion: { input: 1, output: 2 } };

function registryOf(config: Partial<ModelConfig> = {}, card: ModelCard = {}, alias = 'coder'): ModelRegistry {
  return createModelRegistry({
    providers: [failingProvider(() => 'answer')],
    models: { [alias]: { use: 'p/one@v1', fallback: ['p/two'], limits: { concurrency: 2 }, ...config } },
    cards: { 'p/one@v1': { price, ...card } },
    retry: { clock: createTestClock() },
  });
}

describe('a lock', () => {
  test('pins what each name stands for, its price and limits, as plain JSON, and verifies itself', async () => {
    const registry = registryOf();
    const lock = await registry.lock();
    expect(lock).toEqual({ version: 1, models: { coder: { candidates: ['p/one@v1', 'p/two'], price, limits: { concurrency: 2 } } } });
    const read = JSON.parse(JSON.stringify(lock)) as ModelLock;
    expect(await registry.verifyLock(read)).toEqual([]);
    expect(await registryOf().verifyLock(read)).toEqual([]);
  });

  test.each<[string, ModelRegistry, string[]]>([
    ['another model', registryOf({ use: 'p/one@v2' }), ['candidates', 'price']],
    ['another fallback', registryOf({ fallback: [] }), ['candidates']],
    ['another price', registryOf({}, { price: { usdPerMillion: { input: 1, output: 3 } } }), ['price']],
    ['other limits', registryOf({ limits: { concurrency: 3 } }), ['limits']],
    ['a name that is gone and one that is new', registryOf({}, {}, 'writer'), ['missing', 'missing']],
    ['a retirement that is near', registryOf({}, { retiresAt: new Date(Date.now() + 5 * 86_400_000).toISOString(), replacedBy: 'p/three' }), ['candidates', 'retirement']],
  ])('finds %s', async (_, registry, kinds) => {
    const lock = await registryOf().lock();
    const drifts = await registry.verifyLock(lock);
    expect(drifts.map(({ kind }) => kind)).toEqual(kinds);
    expect(drifts.every(({ message }) => message.includes('"'))).toBe(true);
  });

  test('finds that another model answers than the one that was locked', async () => {
    const first = registryOf();
    await first.get('coder').generate(hello);
    const lock = await first.lock();
    expect(lock.models['coder']?.answeredBy).toBe('one');
    const later = registryOf({}, { sendAs: 'one-new' });
    await later.get('coder').generate(hello);
    expect(await later.verifyLock(lock)).toEqual([{ alias: 'coder', kind: 'answered-by', message: expect.stringContaining('"one-new"') as string }]);
  });

  test.each([[null], [{}], [{ version: 2, models: {} }], [{ version: 1, models: { a: {} } }]])('that is none is refused: %j', async (lock) => {
    await expect(registryOf().verifyLock(lock)).rejects.toMatchObject({ code: 'FW_MODEL_CONFIG' });
  });
});
