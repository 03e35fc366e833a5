import type { Json, StepContext, Tool, ToolOutput } from '@fw/agents-core';
import { caps } from './answer.ts';
import { keep } from './answer-lines.ts';
import { headAndTail } from './cut-text.ts';
import type { OutputStore } from './output-store.ts';

/** What no tool's own bounds have caught, such as a message that repeats a long input, is cut and kept as well. */
export function boundedTool(tool: Tool, outputs: OutputStore): Tool {
  if (tool.kind !== 'leaf') return tool;
  return {
    ...tool,
    async run(input: Json, step: StepContext) {
      const output = (await tool.run(input, step)) as unknown as ToolOutput;
      const cap = tool.name === 'read_file' ? caps.read : caps.result;
      if (output.text.length <= cap) return output as unknown as Json;
      const { head, tail, omitted } = headAndTail(output.text, cap - 300);
      const ref = await keep(outputs, output.text);
      const where = ref === undefined ? '' : ` All of it: read_file or search with path ${ref}.`;
      const truncated = output.truncated ?? { shown: head.length + tail.length, total: output.text.length, unit: 'characters' as const, ...(ref === undefined ? {} : { ref }) };
      return { ...output, text: `${head}\n[… ${omitted} characters omitted …]\n${tail}\n[The answer is cut.${where}]`, truncated } as unknown as Json;
    },
  };
}
