import { approvalSignal } from '@fw/agents-core';
import type { Json } from '@fw/agents-core';
import type { WorkflowDefinition } from '@fw/workflow';
import { questionSignal } from './ask-person.ts';
import { FrameworkError } from './framework-error.ts';

/** What a run waits for a person to say. */
export interface OpenQuestion {
  /** A state whose outcome has to be approved (`design`), `approve-tool`, or `question`. */
  readonly gate: string;
  readonly text: string;
  /** Answers to choose from; empty where any will do. */
  readonly options: readonly string[];
}

/** A person's word: `decision` for an approval, `message` for a question. */
export interface Answer {
  /** Default the first that is asked. */
  readonly gate?: string;
  readonly decision?: 'approve' | 'reject';
  readonly message?: string;
  readonly by: string;
}

interface Asked {
  readonly name: string;
  /** How often that signal was waited for. */
  readonly ordinal: number;
  readonly question?: Json;
}

const stateSignal = 'approve:';
const longestText = 4_000;

/** The gate that a signal of a run is about; undefined for signals that no person answers. */
function gateOfSignal(name: string): string | undefined {
  if (name.startsWith(stateSignal)) return name.slice(stateSignal.length);
  return name === approvalSignal || name === questionSignal ? name : undefined;
}

/** What is asked by a signal of a run with this machine, in words. An answered question is not kept: only that there was one can be said. */
export function describeQuestion({ name, question }: Omit<Asked, 'ordinal'>, { states }: Pick<WorkflowDefinition, 'states'>): OpenQuestion | undefined {
  const gate = gateOfSignal(name);
  if (gate === undefined) return undefined;
  if (question === undefined && name === approvalSignal) return { gate, text: 'A call of a tool had to be approved.', options: [] };
  if (question === undefined && name === questionSignal) return { gate, text: 'An agent asked a question.', options: [] };
  const asked = (question !== null && typeof question === 'object' ? question : {}) as { readonly [key: string]: Json | undefined };
  if (name === approvalSignal) return { gate, text: clip(`May ${String(asked['tool'] ?? 'a tool')} be called with ${JSON.stringify(asked['arguments'] ?? {})}?`), options: [] };
  if (name === questionSignal) {
    const options = Array.isArray(asked['options']) ? asked['options'].filter((option) => typeof option === 'string') : [];
    return { gate, text: clip(typeof asked['text'] === 'string' ? asked['text'] : 'An agent asks a question; "fw show" has it.'), options };
  }
  const state = states[gate];
  return { gate, text: (state && 'approval' in state ? state.approval?.question : undefined) ?? `Approve ${gate}?`, options: [] };
}

/** The signal that an answer is, and the one it answers. @throws FrameworkError `FW_RUN_NOT_WAITING`, `FW_ANSWER_INVALID`. */
export function signalOfAnswer(run: string, asked: readonly Asked[], { gate, decision, message, by }: Answer): { readonly name: string; readonly value: Json } {
  // An answer goes to the question of its name that was asked first.
  const known = asked.filter(({ name }) => gateOfSignal(name) !== undefined).toSorted((left, right) => left.ordinal - right.ordinal);
  const meant = known.find(({ name }) => (gate === undefined ? decision === undefined ? name === questionSignal : name !== questionSignal : gateOfSignal(name) === gate));
  if (meant === undefined) {
    const waits = asked.length > 0 ? ` It waits for: ${asked.map(({ name }) => gateOfSignal(name) ?? name).join(', ')}.` : '';
    throw new FrameworkError('FW_RUN_NOT_WAITING', { message: `Run "${run}" waits for no ${decision === undefined ? 'answer' : 'approval'}${gate === undefined ? '' : ` of "${gate}"`}.${waits}` });
  }
  if (meant.name === questionSignal) {
    if (message === undefined || message.trim() === '') throw new FrameworkError('FW_ANSWER_INVALID', { message: `Run "${run}" asks a question: answer it in words.` });
    return { name: meant.name, value: { answer: message, by } };
  }
  if (decision === undefined) throw new FrameworkError('FW_ANSWER_INVALID', { message: `Run "${run}" asks whether something may be done: approve or reject it.` });
  if (meant.name === approvalSignal) {
    const { sha256 } = (meant.question ?? {}) as { readonly sha256?: Json };
    return { name: meant.name, value: { approved: decision === 'approve', sha256: sha256 ?? '', by, ...(message !== undefined && { reason: message }) } };
  }
  return { name: meant.name, value: { decision, by, ...(message !== undefined && { message }) } };
}

const clip = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText).toWellFormed()} … (${text.length - longestText} more characters)` : text);
