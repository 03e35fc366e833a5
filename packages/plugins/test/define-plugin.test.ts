import { expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { definePlugin } from '../src/plugin.ts';
import type { PluginContext } from '../src/plugin.ts';

interface Capabilities {
  readonly tools: { register(name: string): void };
}

it('types the config by its schema', () => {
  const plugin = definePlugin({
    config: z.object({ team: z.string() }),
    initialize(context) {
      expectTypeOf(context.config).toEqualTypeOf<{ team: string }>();
    },
  });
  expect(plugin.specVersion).toBe(1);
});

it('types the capabilities by the annotation of the context', () => {
  const plugin = definePlugin({
    config: z.object({ team: z.string() }),
    initialize(context: PluginContext<Capabilities, { team: string }>) {
      context.tools.register(context.config.team);
    },
  });
  expectTypeOf(plugin.initialize).parameter(0).toExtend<PluginContext<Capabilities>>();
});
