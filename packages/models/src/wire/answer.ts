import type { ModelEvent } from '../model.ts';

/** Turns what a service streams into events. */
export interface Answer {
  /** Whether the service said that it is done, so that the rest of the stream does not matter. */
  isFinished(): boolean;
  /** Whether nothing more is to come, although the stream may stay open. */
  isOver(): boolean;
  /** @throws ModelError FW_MODEL_PROTOCOL for something of another shape, or what an error among the events says. */
  read(chunk: unknown): Generator<ModelEvent, void, undefined>;
  /** What is only known at the end. @throws ModelError for an answer without a finish, a refusal, or a broken tool call. */
  end(): Generator<ModelEvent, void, undefined>;
}
