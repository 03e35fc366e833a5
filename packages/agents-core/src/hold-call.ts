import type { Json, ToolCall } from '@fw/models';
import type { AgentContext } from './agent.ts';
import { failure } from './answer-calls.ts';
import { askApproval, needsApproval } from './approval.ts';
import type { LoopOptions } from './loop.ts';
import { commandOf } from './loop-turn.ts';

/** Why a call must not run: it timed out too often, a guardrail refuses it, or nobody approved exactly it. */
export async function holdCall(context: AgentContext, call: ToolCall, { guardrails, approval }: LoopOptions, expired: ReadonlySet<string>): Promise<Json | undefined> {
  if (expired.size > 0 && expired.has(commandOf(call.name, call.arguments))) return failure('denied', `${call.name} was not run (rule S9): it ran out of time three times with the files as they are. Change what it runs, or run a part of it.`);
  const refusal = await guardrails?.toolCall?.(call, context);
  if (refusal !== undefined) return failure('denied', `${call.name} was not run: ${refusal.message}`, { guardrail: refusal.code });
  if (approval === undefined || !needsApproval(call, approval)) return undefined;
  const reason = await askApproval(context, call, approval);
  return reason === undefined ? undefined : failure('denied', reason);
}
