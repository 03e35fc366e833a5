import type { Json, ToolCall } from '@fw/models';
import type { ToolOutput } from './tool.ts';

/** One tool call of a loop and what came back. */
export interface ToolExchange {
  /** The turn it belongs to, counted from 1. */
  readonly turn: number;
  readonly call: ToolCall;
  readonly output: Json;
}

/** The answer read as a ToolOutput, as far as it is one; tools of others may answer anything. */
export function readOutput(output: Json): Partial<ToolOutput> {
  return output !== null && typeof output === 'object' && !Array.isArray(output) ? (output as Partial<ToolOutput>) : {};
}

/**
 * True when the call changed files: its tool is one that writes, and it says so (`meta.changed`: names, or how many), or
 * it succeeded and does not say that nothing was touched.
 */
export function changedFiles(exchange: ToolExchange, changing: readonly string[]): boolean {
  if (!changing.includes(exchange.call.name)) return false;
  const { ok, meta } = readOutput(exchange.output);
  const changed = meta?.['changed'];
  const count = Array.isArray(changed) ? changed.length : changed;
  return typeof count === 'number' ? count > 0 : ok === true;
}
