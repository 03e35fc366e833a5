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
 * True when the call changed files: it succeeded, its tool is one that writes, and it does not say that nothing
 * was touched (`meta.changed` empty).
 */
export function changedFiles(exchange: ToolExchange, changing: readonly string[]): boolean {
  if (!changing.includes(exchange.call.name)) return false;
  const output = readOutput(exchange.output);
  const changed = output.meta?.['changed'];
  return output.ok === true && !(Array.isArray(changed) && changed.length === 0);
}
