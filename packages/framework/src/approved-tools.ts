import { askApproval } from '@fw/agents-core';
import type { AgentContext, DurableContext, Json, ToolCall, ToolOutput } from '@fw/agents-core';

type Tools = AgentContext['tools'];

/**
 * Tools of which some are only called when a person has approved exactly that call. It holds for every agent, whatever
 * loop it has. `names` are names of tools; one that ends in `*` stands for all that begin so.
 */
export function approvedTools(durable: Pick<DurableContext, 'waitFor'>, tools: Tools, names: readonly string[]): Tools {
  if (names.length === 0) return tools;
  const isAsked = ({ name }: ToolCall): boolean => names.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one) && tools.list.some((tool) => tool.name === name));
  const refusalOf = async (call: ToolCall): Promise<Json | undefined> => {
    const why = isAsked(call) ? await askApproval(durable, call) : undefined;
    return why === undefined ? undefined : ({ ok: false, code: 'denied', text: why } satisfies ToolOutput);
  };
  return {
    list: tools.list,
    async call(call) {
      return (await refusalOf(call)) ?? tools.call(call);
    },
    async callAll(calls) {
      // One question after the other, in the order of the calls; then what was approved runs as it would have.
      const refusals: (Json | undefined)[] = [];
      for (const call of calls) refusals.push(await refusalOf(call));
      const answers = await tools.callAll(calls.filter((_, index) => refusals[index] === undefined));
      let next = 0;
      return refusals.map((refusal) => refusal ?? answers[next++]!);
    },
  };
}
