import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig([
  { ...base, entry: ['src/index.ts', 'src/conformance.ts', 'src/harness.ts'] },
  // Copied one by one to where a command loads them: each has to be whole.
  { ...base, splitting: false, entry: ['src/jest-reporter.ts', 'src/mocha-reporter.ts', 'src/mutant-maker.ts', 'src/node-reporter.ts', 'src/playwright-reporter.ts', 'src/vitest-reporter.ts'] },
]);
