import type { Json } from '@fw/agents-core';
import { canonicalJson, digestOf } from './canonical.ts';
import { isFinal } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';
import { WorkflowError } from './workflow-error.ts';

/**
 * What must not change while a run lives, as text. Limits are not in it: a definition's `slack` does not count, nor how long
 * a `timeoutMs` is. `given` may be a digest, or an object of named parts, so that a difference can be shown.
 */
export function fingerprintOf(definition: WorkflowDefinition, given?: Json): string {
  if (given === undefined) return digestOf(withoutLimits(definition));
  return typeof given === 'string' ? given : canonicalJson(given);
}

/** @throws WorkflowError `FW_WORKFLOW_CHANGED`, with the differences. */
export function refuseChange(run: string, before: { readonly definition: WorkflowDefinition; readonly fingerprint: string }, now: { readonly definition: WorkflowDefinition; readonly fingerprint: string }): never {
  const inDefinition = differences(withoutLimits(before.definition), withoutLimits(now.definition), 'definition');
  const parts = [...inDefinition, ...fingerprintDifferences(before.fingerprint, now.fingerprint, inDefinition.length === 0)];
  throw new WorkflowError('FW_WORKFLOW_CHANGED', {
    message: `Run "${run}" exists already and was begun with something else: ${parts.slice(0, 10).join('; ')}${parts.length > 10 ? `; and ${parts.length - 10} more` : ''}. Use another id, finish it as it was begun (changed: 'pinned'), or migrate it.`,
    details: parts,
  });
}

function fingerprintDifferences(before: string, now: string, isAll: boolean): readonly string[] {
  const [left, right] = [parse(before), parse(now)];
  if (left !== undefined && right !== undefined) return differences(left, right, 'fingerprint');
  return before === now || !isAll ? [] : [`fingerprint: ${before.slice(0, 12)} → ${now.slice(0, 12)}`];
}

/** Places that differ, with both values. */
export function differences(before: Json | undefined, now: Json | undefined, place: string): readonly string[] {
  if (canonicalJson(before) === canonicalJson(now)) return [];
  if (isObject(before) && isObject(now)) {
    return [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((name) => differences(before[name], now[name], `${place}.${name}`));
  }
  return [`${place}: ${shorten(before)} → ${shorten(now)}`];
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } => value !== null && typeof value === 'object' && !Array.isArray(value);

const shorten = (value: Json | undefined): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
};

function parse(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function withoutLimits(definition: WorkflowDefinition): Json {
  const states = Object.fromEntries(Object.entries(definition.states).map(([name, state]) => {
    if (isFinal(state)) return [name, state];
    const { slack: _slack, timeoutMs, ...rest } = state;
    return [name, { ...rest, ...(timeoutMs !== undefined && { timeoutMs: 'some' }) }];
  }));
  return { ...definition, states } as unknown as Json;
}
