import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig([
  { ...base, entry: ['src/index.ts', 'src/conformance.ts'] },
  // Copied one by one into a run of tests: each has to be whole.
  { ...base, splitting: false, entry: ['jest', 'mocha', 'node', 'playwright', 'vitest'].map((runner) => `src/${runner}-reporter.ts`) },
]);
