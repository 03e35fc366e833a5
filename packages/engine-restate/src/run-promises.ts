import type { BlobRef, Json, Question } from '@fw/workflow';

/** Name of the durable promise that cancels a run. Those of questions begin with their ordinal. */
export const CANCEL_PROMISE = 'cancel';
export const promiseOf = ({ name, ordinal }: Pick<Question, 'name' | 'ordinal'>): string => `${ordinal}#${name}`;

/** What is kept in the durable promise of a question: the answer, or that nobody waits for it any more. */
export interface Answer {
  /** Of the one who answers, so that a request that was sent twice counts once. */
  readonly id?: string;
  readonly value?: Json | BlobRef;
  /** Epoch milliseconds. */
  readonly at?: number;
  readonly withdrawn?: true;
}

export interface CancelRequest {
  readonly reason: string;
  readonly at: number;
}
