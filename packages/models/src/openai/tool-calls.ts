import { createHash } from 'node:crypto';
import { failedWith } from '../failed-with.ts';
import type { ModelEvent } from '../model.ts';
import { parseJson } from '../parse-json.ts';
import type { ToolCallDelta } from './chunk.ts';

const maxCalls = 256;

/** Puts streamed pieces of tool calls together, also when several calls arrive interleaved. */
export interface ToolCalls {
  add(delta: ToolCallDelta): void;
  /** The complete calls. After an answer cut by its length the last one may be a fragment, and is left out. */
  complete(cut: boolean): readonly (ModelEvent & { readonly type: 'tool-call' })[];
}

interface Slot { id: string; name: string; arguments: string }

export function createToolCalls(model: string, key: string): ToolCalls {
  const slots: Slot[] = [];
  const byIndex = new Map<number, Slot>();
  return {
    add(delta) {
      const index = delta.index ?? (delta.id ? slots.length : Math.max(0, slots.length - 1));
      let slot = byIndex.get(index);
      // Some servers give every call the index 0: another id is another call.
      if (slot === undefined || (delta.id && slot.id !== '' && delta.id !== slot.id)) {
        if (slots.length >= maxCalls) throw failedWith('protocol', `${model} sent more than ${maxCalls} tool calls in one answer.`);
        slot = { id: '', name: '', arguments: '' };
        slots.push(slot);
        byIndex.set(index, slot);
      }
      if (slot.id === '') slot.id = delta.id ?? '';
      if (slot.name === '') slot.name = delta.function?.name ?? '';
      slot.arguments += delta.function?.arguments ?? '';
    },
    complete(cut) {
      const kept = cut ? slots.filter((slot) => slot.name !== '' && slot.arguments !== '' && 'value' in parseJson(slot.arguments)) : slots;
      return kept.map((slot, index) => {
        if (slot.name === '') throw failedWith('malformed', `${model} sent a tool call without a name.`);
        const parsed = parseJson(slot.arguments.trim() === '' ? '{}' : slot.arguments);
        if ('problem' in parsed) throw failedWith('malformed', `${model} called the tool "${slot.name}" with arguments that are no JSON: ${parsed.problem}.`);
        return { type: 'tool-call', id: slot.id || madeUpId(key, index), name: slot.name, arguments: parsed.value };
      });
    },
  };
}

/** Some servers send no id; the same call gets the same one. */
function madeUpId(key: string, index: number): string {
  return `call_${createHash('sha256').update(`${key}\n${index}`).digest('hex').slice(0, 24)}`;
}
