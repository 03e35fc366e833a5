import { hash } from 'node:crypto';

/** Draws that a seed alone decides. */
export interface Random {
  /** From 0, below 1. */
  uniform(): number;
  /** Of a normal distribution with mean 0 and standard deviation 1. */
  normal(): number;
}

/** The same seed gives the same draws on every machine. */
export function createRandom(seed: string): Random {
  let state = Number.parseInt(hash('sha256', seed).slice(0, 8), 16);
  // mulberry32: one word of state is enough for the few draws of a decision.
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
