import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig({ ...base, entry: ['src/index.ts', 'src/conformance.ts', 'src/test-context.ts', 'src/wire.ts', 'src/serve-agent.ts', 'src/with-zod.ts'] });
