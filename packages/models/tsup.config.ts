import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig({
  ...base,
  entry: [
    'src/index.ts', 'src/openai.ts', 'src/anthropic.ts', 'src/google.ts', 'src/google-genai.ts', 'src/ai-sdk.ts', 'src/scripted.ts', 'src/cassette.ts', 'src/conformance.ts',
    'src/fault-server.ts', 'src/sqlite.ts', 'src/with-zod.ts',
  ],
});
