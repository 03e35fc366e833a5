import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig({ ...base, entry: ['src/index.ts', 'src/sqlite.ts', 'src/conformance.ts', 'src/engine-kit.ts', 'src/hosting.ts', 'src/conformance/crash-worker.ts'] });
