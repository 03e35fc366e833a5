import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig({ ...base, entry: ['src/index.ts', 'src/openai.ts', 'src/scripted.ts', 'src/conformance.ts'] });
