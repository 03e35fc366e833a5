import { createPluginHost } from '@fw/plugins';

const tools = new Map();
const host = createPluginHost({
  directory: import.meta.dirname,
  context: (plugin) => ({
    tools: {
      register: (tool) => plugin.register('tools', tool.name, () => {
        tools.set(tool.name, tool);
        return () => tools.delete(tool.name);
      }),
    },
  }),
});

await host.load('./plugins'); // checks each file and package folder; runs none of them
await host.initialize(); // imports and starts them
console.log([...tools.keys()]); // [ 'hello' ]
console.log(JSON.stringify(await host.process({ type: 'greeting' }))); // one outcome for each plugin that answers
await host.cleanup(); // in reverse order
console.log(tools.size); // 0
