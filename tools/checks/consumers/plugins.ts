import { createPluginHost, definePlugin, discoverPlugins } from '@fw/plugins';
import type { PluginContext } from '@fw/plugins';

interface Capabilities {
  readonly tools: { register(tool: { readonly name: string }): () => void };
}

export const host = createPluginHost<Capabilities>({
  context: (plugin) => ({ tools: { register: (tool) => plugin.register('tools', tool.name, () => () => {}) } }),
});
export const started = host.initialize();
export const answered = host.process({ type: 'greeting' });
export const found = discoverPlugins('.');
export default definePlugin({
  initialize(context: PluginContext<Capabilities>) {
    context.tools.register({ name: 'hello' });
  },
});
