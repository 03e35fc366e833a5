import { createArtifact, drawTag, runLoop } from '@fw/agents-core';
import type { Agent, AgentContext, Result } from '@fw/agents-core';
import { defaultStates } from './duty.ts';
import type { DutyByState } from './duty.ts';
import { endOf } from './duty-end.ts';
import { architectPrompt } from './prompt.ts';
import { promptHash } from './prompt-hash.ts';
import { askingTool, limitQuestions } from './questions.ts';
import { readMap } from './read-map.ts';
import { version } from './version.ts';

export interface ArchitectOptions {
  /** Which state asks for which duty; default `planning`, `analysis` and `design` for themselves. */
  readonly states?: DutyByState;
}

const name = 'architect';
const readingTools = ['list_files', 'search', 'read_file', 'symbols', 'diff'];

/**
 * The agent that plans, analyses and designs; it reads and changes no file. A state it has no duty in ends failed
 * with `FW_ARCHITECT_STATE`, a model that does not get to an outcome with the code of the loop.
 */
export function createArchitectAgent(options: ArchitectOptions = {}): Agent {
  const states = options.states ?? defaultStates;
  return { specVersion: 1, name, version, fingerprint: promptHash(), capabilities: ['plan', 'analyse', 'design'], process: (context) => work(context, states) };
}

async function work(context: AgentContext, states: DutyByState): Promise<Result> {
  const duty = Object.hasOwn(states, context.state) ? states[context.state] : undefined;
  if (duty === undefined) {
    return { status: 'failed', artifacts: [], code: 'FW_ARCHITECT_STATE', message: `The architect has no duty in state "${context.state}". Known: ${Object.keys(states).join(', ')}. Map the state with createArchitectAgent({ states }).` };
  }
  const offered = duty === 'planning' ? [...readingTools, askingTool] : readingTools;
  const tools = offered.filter((tool) => context.tools.list.some((known) => known.name === tool));
  const map = duty === 'design' ? undefined : await readMap(context);
  const { task, artifacts, requests } = context;
  const { system, prompt } = architectPrompt({ duty, tools, task, artifacts, requests, tag: drawTag(context), ...(map !== undefined && { map }) });
  const end = endOf(duty, context);
  const result = await runLoop(context, { system, prompt, tools, terminal: [end.tool], guardrails: limitQuestions() });
  if (result.status !== 'submitted') return { status: 'failed', artifacts: [], code: result.code, message: result.message };
  return { status: 'done', artifacts: [createArtifact(context, { name, version }, { ...end.artifact, content: end.complete(result.input, result.exchanges) })] };
}
