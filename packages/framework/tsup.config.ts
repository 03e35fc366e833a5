import { writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

export default defineConfig({
  ...base,
  entry: ['src/index.ts', 'src/evaluation.ts', 'src/plugin-bridge.ts', 'src/telemetry.ts', 'src/visible-text.ts'],
  // For the `$schema` of a config file.
  async onSuccess() {
    const { configJsonSchema } = await import(new URL('./dist/index.js', import.meta.url).href) as { configJsonSchema(): object };
    await writeFile(new URL('./dist/config.schema.json', import.meta.url), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  },
});
