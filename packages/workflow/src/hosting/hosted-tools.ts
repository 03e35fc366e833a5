import type { AgentContext, DurableContext, Json, Tool, ToolCall, ToolOutput } from '@fw/agents-core';
import type { LeafPort } from '../scope.ts';
import type { WorkspaceSession } from './workspace-session.ts';

/** Reads of one turn that run side by side. */
const READS_AT_ONCE = 8;

/** Tools whose every call is one step (a leaf) or one scope (a composite) of the journal. */
export function hostTools(durable: DurableContext, port: LeafPort, tools: readonly Tool[], session: WorkspaceSession): AgentContext['tools'] {
  const call: AgentContext['tools']['call'] = async ({ name, arguments: input }) => {
    const tool = find(tools, name);
    if (!tool) return failure('unknown_tool', `There is no tool "${name}". Known: ${tools.map((known) => known.name).join(', ')}.`);
    if (tool.kind === 'composite') return durable.scope(`tool.${name}`, (context) => tool.run(input, context as AgentContext));
    const { output, tree } = await port.leaf(`tool.${name}`, async (step) => {
      const run = (): Promise<Json> => tool.run(input, step).catch((error: unknown) => {
        if (step.signal.aborted) throw error;
        return failure('failed', `${name} failed: ${error instanceof Error ? error.message : String(error)}`);
      });
      if (tool.effect === 'pure') return { output: await session.read(run) };
      const changed = await session.change(run);
      return { output: changed.value, tree: changed.tree };
    }, { origin: 'tool', effect: tool.effect, input });
    if (tree !== undefined) session.settle(tree);
    return output;
  };

  return {
    list: tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    call,
    async callAll(calls) {
      const answers: Json[] = [];
      let failedWrite: string | undefined;
      for (let index = 0; index < calls.length;) {
        const reads = leadingReads(calls.slice(index, index + READS_AT_ONCE), tools);
        if (reads.length > 0) {
          answers.push(...(await Promise.all(reads.map(call))));
          index += reads.length;
          continue;
        }
        const write = calls[index++]!;
        const answer = failedWrite === undefined ? await call(write) : failure('not_executed', `Not executed, because ${failedWrite} before it failed.`);
        if (failedWrite === undefined && isFailed(answer)) failedWrite = write.name;
        answers.push(answer);
      }
      return answers;
    },
  };
}

const find = (tools: readonly Tool[], name: string): Tool | undefined => tools.find((tool) => tool.name === name);

function leadingReads(calls: readonly ToolCall[], tools: readonly Tool[]): readonly ToolCall[] {
  const end = calls.findIndex(({ name }) => {
    const tool = find(tools, name);
    return tool !== undefined && (tool.kind !== 'leaf' || tool.effect !== 'pure');
  });
  return end === -1 ? calls : calls.slice(0, end);
}

const isFailed = (answer: Json): boolean => answer !== null && typeof answer === 'object' && (answer as unknown as ToolOutput).ok === false;
const failure = (code: NonNullable<ToolOutput['code']>, text: string): Json => ({ ok: false, code, text });
