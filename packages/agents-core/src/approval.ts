import { hash } from 'node:crypto';
import type { Json, ToolCall } from '@fw/models';
import type { AgentContext } from './agent.ts';
import { canonicalJson } from './canonical-json.ts';

/** Which calls a person has to approve before they run. */
export interface ApprovalOptions {
  /** Names of tools, or a pure function. Terminal tools are never run, so a call of one is not asked about. */
  readonly tools: readonly string[] | ((call: ToolCall) => boolean);
  /** After that long without an answer a call is denied. Default: it waits for ever. */
  readonly timeoutMs?: number;
}

/** The signal that such a call waits for. */
export const approvalSignal = 'approve-tool';

/** Hex SHA-256 of exactly what will run: the canonical JSON of `{ arguments, tool }`. What an approval is bound to. */
export function callHash(call: Pick<ToolCall, 'name' | 'arguments'>): string {
  return hash('sha256', canonicalJson({ tool: call.name, arguments: call.arguments }));
}

/**
 * Asks a person, by `context.waitFor('approve-tool')` with the call and its hash as the question. Gives undefined when
 * exactly this call was approved, else why not: an answer that names another hash approves nothing.
 */
export async function askApproval(context: Pick<AgentContext, 'waitFor'>, call: ToolCall, { timeoutMs }: Pick<ApprovalOptions, 'timeoutMs'> = {}): Promise<string | undefined> {
  const sha256 = callHash(call);
  const question: Json = { type: approvalSignal, tool: call.name, arguments: call.arguments, sha256 };
  const schema: Json = { type: 'object', properties: { approved: { type: 'boolean' }, sha256: { type: 'string', enum: [sha256] }, reason: { type: 'string' } }, required: ['approved', 'sha256'] };
  const answer = await context.waitFor<Json>(approvalSignal, { question, schema, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  if (answer === undefined) return `${call.name} was not run: nobody approved it in time.`;
  const { approved, sha256: named, reason } = (answer !== null && typeof answer === 'object' ? answer : {}) as { readonly approved?: unknown; readonly sha256?: unknown; readonly reason?: unknown };
  if (named !== sha256) return `${call.name} was not run: the approval is for another call (${String(named).slice(0, 64)}) than this one (${sha256}).`;
  if (approved === true) return undefined;
  return `${call.name} was not run: it was not approved.${typeof reason === 'string' && reason !== '' ? ` ${reason}` : ''}`;
}

export function needsApproval(call: ToolCall, options: ApprovalOptions | undefined): boolean {
  if (options === undefined) return false;
  return typeof options.tools === 'function' ? options.tools(call) : options.tools.includes(call.name);
}
