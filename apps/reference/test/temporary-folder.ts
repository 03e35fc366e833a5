import { mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** A folder for each test of a file; its path is there while a test runs. */
export function useTemporaryFolder(): () => string {
  let folder = '';
  beforeEach(async () => { folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-app-'))); });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}
