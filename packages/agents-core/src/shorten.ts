import type { ToolSpec } from '@fw/models';
import type { AgentContext } from './agent.ts';
import { count } from './loop-state.ts';
import type { LoopState } from './loop-state.ts';
import { findVainCompaction } from './stuck.ts';
import type { StuckSign } from './stuck.ts';
import { askSummary, summaryText } from './summarise.ts';
import { readOutput } from './tool-exchange.ts';
import type { ToolExchange } from './tool-exchange.ts';

const summariseAt = 0.7;
const maskAllAt = 0.9;

/** Masks what is old; at 70 % of the window has the older turns summarised. Gives a sign when that gains nothing any more. */
export async function shorten(context: AgentContext, state: LoopState, specs: readonly ToolSpec[], changing: readonly string[]): Promise<StuckSign | undefined> {
  const { conversation, window, turns, exchanges, store, tag, gains } = state;
  const turn = turns.length;
  conversation.mask(turn);
  const before = conversation.tokens(specs);
  if (before > window * summariseAt) {
    const summary = await askSummary(context, conversation.messages(), specs, (response) => count(state, response));
    const refer = ({ output }: ToolExchange): string => store.keep(readOutput(output).text ?? '');
    const isReplaced = conversation.replaceOld((last) => summaryText(context, summary, exchanges, { last, changing, tag, refer }));
    if (!isReplaced || conversation.tokens(specs) > window * summariseAt) conversation.mask(turn, true);
    if (conversation.tokens(specs) > window * maskAllAt) conversation.mask(turn + 1, true);
    gains.push(1 - conversation.tokens(specs) / before);
    context.emit({ type: 'conversation.shortened', data: { turn, before, after: conversation.tokens(specs) } });
  }
  if (conversation.hasForgotten()) for (const [index, one] of turns.entries()) if (one.isForgotten !== true && conversation.hasForgotten(index + 1)) turns[index] = { ...one, isForgotten: true };
  return findVainCompaction(gains);
}
