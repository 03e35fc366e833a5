import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsumer } from '../src/consumer.ts';
import type { Consumer } from '../src/consumer.ts';
import { installIsolated } from '../src/isolated-install.ts';
import type { IsolatedInstall } from '../src/isolated-install.ts';
import { listPublishedPackages, repository } from '../src/published-packages.ts';

const packages = listPublishedPackages();
let install: IsolatedInstall;

beforeAll(async () => {
  const env = { ...process.env, NX_DAEMON: 'false', NX_CACHE_DIRECTORY: join(repository, '.nx/cache') };
  await promisify(execFile)(process.execPath, [join(repository, 'node_modules/.bin/nx'), 'run-many', '-t', 'build'], { cwd: repository, env, maxBuffer: 64 * 1024 * 1024 });
  install = await installIsolated(packages);
}, 400_000);

afterAll(() => install?.remove());

describe.each(packages)('$name, packed and installed without hoisting', (published) => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await createConsumer(install, published);
  });

  it('is imported by bare node, entry by entry', async () => {
    expect(await consumer.importEntries()).toEqual([]);
  });

  it('lets a strict TypeScript project export what it infers', async () => {
    expect(await consumer.compile()).toEqual([]);
  });

  if (published.bins.length > 0) {
    it('has bins that start', async () => {
      expect(await consumer.runBins()).toEqual([]);
    });
  }
});
