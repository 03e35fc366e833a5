import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig({ ...base, entry: ['src/index.ts', 'src/tools.ts', 'src/conformance.ts', 'src/tools/symbols-worker.ts'] });
