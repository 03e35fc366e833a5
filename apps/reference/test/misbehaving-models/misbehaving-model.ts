import type { FaultAnswer, FaultToolCall } from '@fw/models/fault-server';

/** Whose words the model speaks; Google's through both of its SDKs. */
export type Wire = 'openai-chat' | 'openai-responses' | 'anthropic' | 'google' | 'google-genai';

/** What a model does wrong, as the rows are grouped. */
export type Kind =
  | 'garbage' | 'unknown-tools' | 'wrong-arguments' | 'endless-calls' | 'back-and-forth' | 'empty-answers' | 'refusals' | 'claims'
  | 'tests' | 'outside' | 'huge' | 'injection' | 'cut-streams' | 'parallel-calls';

/** Where the model is asked. The reviewer is asked twice: for the design, and for the change. */
export type Duty = 'planning' | 'analysis' | 'design' | 'design-review' | 'implementation' | 'change-review';

/** What a player sees of a request. */
export interface Asked {
  readonly duty: Duty;
  /** How often this duty was begun, from 1. */
  readonly visit: number;
  /** Answers that stand in this conversation, from 0. */
  readonly turn: number;
  /** Counts every request of the run, from 0: for answers that are never the same. */
  readonly request: number;
}

/**
 * One answer of the model. In its texts `{listener}` stands for the address of a server that nobody may reach,
 * `{original}` for the user's own folder, and `{mark}` for a name by which processes of this run are found.
 */
export type Answer = FaultAnswer;

/** The answers of one conversation in order, the last one again for ever; or chosen by what is asked. */
export type Script = readonly Answer[] | ((asked: Asked) => Answer);

/** One row: how a model misbehaves, and what has to come of it. */
export interface MisbehavingModel {
  readonly id: string;
  readonly kind: Kind;
  readonly wire: Wire;
  /** What it does, in a sentence. */
  readonly does: string;
  /** A duty that is not here is done in the plainest way. */
  readonly play: { readonly [duty in Duty]?: Script };
  /** Files of the project beside the usual ones. */
  readonly files?: { readonly [path: string]: string };
  /** Of the run's config. */
  readonly budget?: { readonly tokens: number };
  readonly ends: Ending;
  /** Most requests that the model may be asked, retries included. */
  readonly maxRequests: number;
  /** Played once more by the real command line. */
  readonly cli?: true;
}

/** How the run ends. Never with success: no verdict is `accepted`, no exit code 0. */
export interface Ending {
  /** `failed` ends with exit code 1. `waiting` can be resumed: 5 for a budget, 6 for a provider that does not work. */
  readonly status: 'failed' | 'waiting';
  readonly exitCode: 1 | 5 | 6;
  readonly code: string;
  /** Stands in the run's message: the rule, the gate or the reason. */
  readonly says?: RegExp;
  /** The gate of the last verdict that does not hold. */
  readonly gate?: 'tests' | 'red-first' | 'secrets';
}

export const text = (words: string): Answer => ({ text: words });
export const call = (name: string, input: FaultToolCall['arguments'] = {}): Answer => ({ toolCalls: [{ name, arguments: input }] });
export const calls = (...toolCalls: readonly FaultToolCall[]): Answer => ({ toolCalls });

/** A run that the model's own behaviour ended. */
export const failed = (code: string, more: Partial<Pick<Ending, 'says' | 'gate'>> = {}): Ending => ({ status: 'failed', exitCode: 1, code, ...more });
/** Stopped by a stuck rule of the loop. */
export const stuck = (says?: RegExp): Ending => failed('FW_LOOP_STUCK', says === undefined ? {} : { says });
/** A service that does not work is nobody's mistake in the run: it can be resumed. */
export const unavailable = (code: string): Ending => ({ status: 'waiting', exitCode: 6, code });
