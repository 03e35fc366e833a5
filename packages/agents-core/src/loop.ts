import type { Json, ModelRequest, ModelResponse, ToolSpec } from '@fw/models';
import type { AgentContext } from './agent.ts';
import { AgentError } from './agent-error.ts';
import { answerCalls, callLimit, isUseless } from './answer-calls.ts';
import { answerReference } from './answer-reference.ts';
import type { ApprovalOptions } from './approval.ts';
import { budgetNotice } from './budget-notice.ts';
import type { Guardrails } from './guardrails.ts';
import { holdCall } from './hold-call.ts';
import { count, openState, spendingOf } from './loop-state.ts';
import type { LoopState } from './loop-state.ts';
import { turnOf } from './loop-turn.ts';
import { cutCalls, cutEndless, withOwnIds } from './mend-response.ts';
import { shorten } from './shorten.ts';
import { findEndlessText, findStuck, timedOutCommands } from './stuck.ts';
import { checkSubmission, findSubmissions, terminalSpec } from './terminal-tool.ts';
import type { TerminalTool } from './terminal-tool.ts';
import type { ToolExchange } from './tool-exchange.ts';

export interface LoopOptions {
  readonly system: string;
  /** The first message of the conversation. Task, criteria, constraints and open requests are put before it where it does not hold them. */
  readonly prompt: string;
  /** What stands in every request word for word; default the task with its criteria, constraints and open requests. */
  readonly pinned?: string;
  /** Names out of `context.tools.list`; the others do not exist for the model. A name that is not there is left out. A function is asked before each turn. */
  readonly tools: readonly string[] | ((exchanges: readonly ToolExchange[]) => readonly string[]);
  /** At least one; an accepted call of one of them ends the loop. */
  readonly terminal: readonly TerminalTool[];
  /** Which of the tools change files: after a change an equal call is no repetition. */
  readonly changing?: readonly string[];
  /** Default 40. */
  readonly maxTurns?: number;
  /** How many refused terminal calls are given back to be mended; default 3. */
  readonly maxRepairs?: number;
  readonly maxOutputTokens?: number;
  /** Tokens that the model holds; default what the context says of it, else 128,000. At 70 % the older part is summarised. */
  readonly window?: number;
  readonly guardrails?: Guardrails;
  /** Calls that a person has to approve; default none. */
  readonly approval?: ApprovalOptions;
}

/** How a loop ended. */
export type LoopResult = LoopSubmission | LoopFailure;

export interface LoopSubmission {
  readonly status: 'submitted';
  /** Of the terminal tool. */
  readonly name: string;
  /** As the tool's schema parsed it. */
  readonly input: Json;
  readonly turns: number;
  /** Every tool call of the loop but the terminal ones. */
  readonly exchanges: readonly ToolExchange[];
}

export interface LoopFailure {
  /** `stuck`: nothing moved any more; `exhausted`: no end within `maxTurns`; `refused`: the model, its provider or a guardrail would not go on. */
  readonly status: 'stuck' | 'exhausted' | 'refused';
  /** A guardrail's refusal brings its own. */
  readonly code: 'FW_LOOP_STUCK' | 'FW_LOOP_TURNS' | 'FW_MODEL_POLICY' | (string & {});
  readonly message: string;
  readonly turns: number;
  readonly exchanges: readonly ToolExchange[];
}

/**
 * The conversation between a model and its tools until a terminal tool is called with input that is accepted.
 * Every tool call gets exactly one result. It keeps no state outside the context and awaits nothing else, so a run
 * that is resumed gets through it again with the journaled answers. Long conversations are shortened: see `window`.
 * @throws AgentError `FW_TOOL_INVALID` for terminal tools that are missing, share a name or are to be approved; `FW_LOOP_OPTIONS` for numbers that cannot be; what the context throws passes.
 */
export async function runLoop(context: AgentContext, options: LoopOptions): Promise<LoopResult> {
  const { terminal, changing = [], maxTurns = 40, maxRepairs = 3, guardrails = {} } = options;
  requireTerminal(terminal, options.approval);
  requireNumbers(maxTurns, maxRepairs, options.window);
  const state = openState(context, options);
  const { conversation, exchanges } = state;
  let repairs = 0;
  const fail = (status: LoopFailure['status'], code: LoopFailure['code'], message: string): LoopFailure =>
    ({ status, code, message, turns: state.turns.length, exchanges });
  const stop = (sign: { readonly rule: string; readonly message: string }): LoopFailure => fail('stuck', 'FW_LOOP_STUCK', `Stopped by rule ${sign.rule}: ${sign.message}`);

  const unwanted = await guardrails.input?.(state.prompt, context);
  if (unwanted !== undefined) return fail('refused', unwanted.code, unwanted.message);
  const endings = terminal.map(terminalSpec);
  while (state.turns.length < maxTurns) {
    context.signal.throwIfAborted();
    const turn = state.turns.length + 1;
    const offered = offeredTools(context, options, exchanges);
    const specs = offered.concat(endings);
    const vain = await shorten(context, state, specs, changing);
    if (vain !== undefined) return stop(vain);
    const response = await ask(context, state, specs, options.maxOutputTokens);
    if (response === 'policy') return fail('refused', 'FW_MODEL_POLICY', 'The model or its provider refused to answer for reasons of policy.');
    if (response === 'malformed') {
      // Nothing of it can go into the conversation: no service would take it back.
      const tree = state.turns.at(-1)?.tree;
      state.turns.push(turnOf([], { isIdle: true, changing, ...(tree === undefined ? {} : { tree }) }));
      conversation.say(turn, 'Your last answer held a call whose arguments were no JSON, so nothing of it was run. Call the tool again, with one whole JSON object.');
      const sign = findStuck(state.turns);
      if (sign?.action === 'stop') return stop(sign);
      continue;
    }
    const unfit = await guardrails.output?.(response, context);
    if (unfit !== undefined) return fail('refused', unfit.code, unfit.message);
    if (response.text !== '' || response.toolCalls.length > 0) conversation.answer(turn, response.message);

    const expired = timedOutCommands(state.turns);
    const answers = await answerCalls(context, response.toolCalls, {
      offered, terminal, store: state.store,
      hold: (call) => holdCall(context, call, options, expired),
      own: (call) => (context.outputs === undefined ? answerReference(call, state.store) : undefined),
    });
    const own = answers.filter((answer) => !answer.terminal).map(({ call, output }): ToolExchange => ({ turn, call, output }));
    exchanges.push(...own);
    const submissions = findSubmissions(response, terminal, callLimit);
    const refusals: string[] = [];
    for (const submission of submissions) {
      const outcome = checkSubmission(submission, exchanges);
      if (outcome.accepted) return { status: 'submitted', name: submission.tool.name, input: outcome.input, turns: turn, exchanges };
      refusals.push(outcome.output.text);
      const answer = answers.find((candidate) => candidate.call === submission.call);
      if (answer !== undefined) answer.output = outcome.output as unknown as Json;
    }

    repairs += refusals.length;
    const isIdle = answers.length > 0 ? answers.every(isUseless) : submissions.length === 0;
    const tree = own.length > 0 ? await context.workspace.tree() : state.turns.at(-1)?.tree;
    state.turns.push(turnOf(own, { isIdle, changing, ...(tree === undefined ? {} : { tree }) }));
    if (repairs > maxRepairs) return fail('stuck', 'FW_LOOP_STUCK', `What the model handed in was refused ${repairs} times; the last time: ${refusals.at(-1)}`);
    if (answers.length > 0) conversation.results(turn, answers);
    else conversation.say(turn, refusals[0] ?? nudge(response, terminal));

    const sign = findStuck(state.turns) ?? findEndlessText(response.text);
    if (sign?.action === 'stop') return stop(sign);
    if (sign !== undefined) conversation.say(turn, sign.message);
    const notice = budgetNotice(spendingOf(context, state, maxTurns), state.said);
    if (notice !== undefined) conversation.say(turn, notice);
  }
  return fail('exhausted', 'FW_LOOP_TURNS', `The work did not end within ${maxTurns} turns.`);
}

function requireTerminal(terminal: readonly TerminalTool[], approval: ApprovalOptions | undefined): void {
  const ending = terminal.map((tool) => tool.name);
  if (ending.length === 0 || new Set(ending).size !== ending.length) {
    throw new AgentError('FW_TOOL_INVALID', { message: `A loop needs at least one terminal tool, each with a name of its own; it has: ${ending.join(', ') || 'none'}.` });
  }
  const never = typeof approval?.tools === 'function' ? undefined : approval?.tools.find((name) => ending.includes(name));
  if (never !== undefined) throw new AgentError('FW_TOOL_INVALID', { message: `"${never}" ends the loop and is never run, so nobody would be asked to approve it. Let its check, the output guardrail, or a state's approval hold it back.` });
}

function offeredTools(context: AgentContext, { tools, terminal }: LoopOptions, exchanges: readonly ToolExchange[]): readonly ToolSpec[] {
  const names = typeof tools === 'function' ? tools(exchanges) : tools;
  const offered: ToolSpec[] = [];
  for (const name of names) {
    const tool = context.tools.list.find((candidate) => candidate.name === name);
    // No service takes two tools of one name.
    if (tool !== undefined && !offered.includes(tool) && !terminal.some((ending) => ending.name === name)) offered.push(tool);
  }
  return offered;
}

type Asked = ModelResponse | 'policy' | 'malformed';

/** No async function: a loop waits in here most of its time, and this is one frame less for it to hold. */
function ask(context: AgentContext, state: LoopState, tools: readonly ToolSpec[], maxOutputTokens: number | undefined): Promise<Asked> {
  const request: ModelRequest = { messages: state.conversation.messages(), tools, toolChoice: 'auto', ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
  try {
    return context.model.generate(request).then((response) => taken(state, response), unanswered);
  } catch (error) {
    return Promise.reject(error as Error).catch(unanswered);
  }
}

function taken(state: LoopState, response: ModelResponse): Asked {
  count(state, response);
  if (!response.usage.estimated) state.conversation.counted(response.usage.inputTokens);
  return response.finishReason === 'content-filter' ? 'policy' : cutEndless(withOwnIds(cutCalls(response), state.callIds));
}

function unanswered(error: unknown): Asked {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (code === 'FW_MODEL_POLICY') return 'policy';
  if (code === 'FW_MODEL_MALFORMED') return 'malformed';
  throw error;
}

function nudge(response: ModelResponse, terminal: readonly TerminalTool[]): string {
  const names = terminal.map((tool) => tool.name).join(' or ');
  const why = response.finishReason === 'length' ? 'The answer was cut at its length limit before a tool was called.' : 'No tool was called.';
  return `${why} Go on with the tools, or end the work: call ${names} with the outcome. Text alone is no outcome.`;
}

function requireNumbers(maxTurns: number, maxRepairs: number, window: number = Infinity): void {
  const refuse = (name: string, wanted: string, value: number): never => { throw new AgentError('FW_LOOP_OPTIONS', { message: `${name} of a loop is ${wanted}, not ${value}.` }); };
  if (!Number.isInteger(maxTurns) || maxTurns < 1) refuse('maxTurns', 'a whole number, at least 1', maxTurns);
  if (!Number.isInteger(maxRepairs) || maxRepairs < 0) refuse('maxRepairs', 'a whole number, at least 0', maxRepairs);
  if (!(window >= 1)) refuse('window', 'a number of tokens, at least 1', window);
}
