import { createArtifact, runLoop } from '@fw/agents-core';
import type { Agent, AgentContext, Result } from '@fw/agents-core';
import { defaultStates } from './duty.ts';
import type { DutyByState } from './duty.ts';
import { architectPrompt } from './prompt.ts';
import { endOf } from './submissions.ts';
import { version } from './version.ts';

export interface ArchitectOptions {
  /** Which state asks for which duty; default `planning`, `analysis` and `design` for themselves. */
  readonly states?: DutyByState;
}

const name = 'architect';
const readingTools = ['list_files', 'search', 'read_file', 'diff'];
const askingTool = 'ask_person';

/**
 * The agent that plans, analyses and designs; it reads and changes no file. A state it has no duty in ends failed
 * with `FW_ARCHITECT_STATE`, a model that does not get to an outcome with the code of the loop.
 */
export function createArchitectAgent(options: ArchitectOptions = {}): Agent {
  const states = options.states ?? defaultStates;
  return { specVersion: 1, name, version, capabilities: ['plan', 'analyse', 'design'], process: (context) => work(context, states) };
}

async function work(context: AgentContext, states: DutyByState): Promise<Result> {
  const duty = Object.hasOwn(states, context.state) ? states[context.state] : undefined;
  if (duty === undefined) {
    return { status: 'failed', artifacts: [], code: 'FW_ARCHITECT_STATE', message: `The architect has no duty in state "${context.state}". Known: ${Object.keys(states).join(', ')}. Map the state with createArchitectAgent({ states }).` };
  }
  const tools = [...readingTools, ...(duty === 'planning' ? [askingTool] : [])].filter((tool) => context.tools.list.some((known) => known.name === tool));
  const end = endOf(duty, context);
  const { system, prompt } = architectPrompt({ duty, tools: tools.filter((tool) => tool !== askingTool), task: context.task, artifacts: context.artifacts, requests: context.requests });
  const result = await runLoop(context, { system, prompt, tools, terminal: [end.tool] });
  if (result.status !== 'submitted') return { status: 'failed', artifacts: [], code: result.code, message: result.message };
  return { status: 'done', artifacts: [createArtifact(context, { name, version }, { ...end.artifact, content: end.complete(result.input) })] };
}
