import { acceptanceCriteria, createArtifact, drawTag, runLoop } from '@fw/agents-core';
import type { Agent, AgentContext, Json, Result, ToolExchange } from '@fw/agents-core';
import type { Change } from './change.ts';
import { editFormats, editTool, writesWhole } from './edit-tools.ts';
import { changingTools } from './finish-problems.ts';
import { finishSchema, finishTool, isBlocked, settleChange } from './finish.ts';
import type { Finish } from './finish.ts';
import { developerPrompt } from './prompt.ts';
import { promptHash } from './prompt-hash.ts';
import { createTestsFirst } from './tests-first.ts';
import { version } from './version.ts';

const name = 'developer';
const tools = ['list_files', 'search', 'read_file', 'symbols', 'edit_file', 'apply_patch', 'write_file', 'run', 'run_tests', 'diff', 'plan'];
/** Of ours, but for those who plan or review. */
const othersTools = ['repository_map', 'ask_person', 'reproduce'];
const maxTurns = 80;

/**
 * The agent that implements: tests first, then code. It ends failed with `FW_DEVELOPER_BLOCKED` when it reports that
 * the work cannot be done or that no criterion is met, and with the code of the loop when it gets to no end.
 */
export function createDeveloperAgent(): Agent {
  return { specVersion: 1, name, version, fingerprint: promptHash(), capabilities: ['implement'], process: work };
}

async function work(context: AgentContext): Promise<Result> {
  const listed = context.tools.list.map((tool) => tool.name);
  // What plugins and servers bring is for the one who does the work.
  const available = [...tools.filter((tool) => listed.includes(tool)), ...listed.filter((tool) => !tools.includes(tool) && !othersTools.includes(tool))];
  const { id: model } = context.model;
  let known: readonly ToolExchange[] = [];
  const offeredAfter = (exchanges: readonly ToolExchange[]): readonly string[] => {
    known = exchanges;
    const edit = editTool(model, available, exchanges);
    return available.filter((tool) => !editFormats.includes(tool) || tool === edit);
  };
  const offered = offeredAfter([]);
  const { task, artifacts, requests } = context;
  const tests = createTestsFirst();
  const view = { criteria: acceptanceCriteria(context), requests, canTest: offered.includes('run_tests'), tests };
  const { system, prompt } = developerPrompt({ tools: offered, writesWhole: writesWhole(model), tag: drawTag(context), task, artifacts, requests });
  const result = await runLoop(context, {
    system, prompt, tools: offeredAfter, terminal: [finishTool(view)], changing: changingTools, maxTurns,
    guardrails: {
      async output({ toolCalls }) {
        await tests.look(context, known, toolCalls.length === 0 || toolCalls.some((call) => call.name === 'finish'));
        return undefined;
      },
      toolCall: (call) => tests.refuse(call, context),
    },
  });
  if (result.status !== 'submitted') return { status: 'failed', artifacts: [], code: result.code, message: result.message };

  const input = finishSchema(view.criteria, requests).parse(result.input);
  const change = settleChange(input, { ...view, exchanges: result.exchanges });
  const made = [createArtifact(context, { name, version }, { kind: 'change', title: 'Change', schema: 'change@1', content: change as unknown as Json })];
  const blocked = whyBlocked(isBlocked(input, view.criteria) ? input.blocked : undefined, change);
  return blocked === undefined ? { status: 'done', artifacts: made } : { status: 'failed', artifacts: made, code: 'FW_DEVELOPER_BLOCKED', message: blocked };
}

function whyBlocked(said: Finish['blocked'], change: Change): string | undefined {
  if (said !== undefined) {
    const { reason, conflict } = said;
    return `The developer is blocked: ${reason}${conflict === '' ? '' : ` Conflict: ${conflict}`}`;
  }
  const noneMet = change.criteria.length > 0 && change.criteria.every(({ status }) => status !== 'met');
  return noneMet ? `The developer reports no criterion as met (${change.criteria.map(({ id, status }) => `${id}: ${status}`).join(', ')}): ${change.summary}` : undefined;
}
