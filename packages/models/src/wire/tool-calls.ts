import { createHash } from 'node:crypto';
import { failedWith } from '../failed-with.ts';
import type { ModelEvent } from '../model.ts';
import { parseJson } from '../parse-json.ts';

const maxCalls = 256;

/** A piece of a tool call as it is streamed. */
interface ToolCallPiece {
  /** Which call it belongs to. Default: a new one with an id, else the last one. */
  readonly index?: number | null | undefined;
  readonly id?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly arguments?: string | null | undefined;
}

/** Puts streamed pieces of tool calls together, also when several calls arrive interleaved. */
export interface ToolCalls {
  add(piece: ToolCallPiece): void;
  /** The complete calls. After an answer cut by its length the last one may be a fragment, and is left out. */
  complete(cut: boolean): readonly (ModelEvent & { readonly type: 'tool-call' })[];
}

interface Slot { id: string; name: string; arguments: string }

export function createToolCalls(model: string, key: string): ToolCalls {
  const slots: Slot[] = [];
  const byIndex = new Map<number, Slot>();
  return {
    add(piece) {
      const index = piece.index ?? (piece.id ? slots.length : Math.max(0, slots.length - 1));
      let slot = byIndex.get(index);
      // Some servers give every call the index 0: another id is another call.
      if (slot === undefined || (piece.id && slot.id !== '' && piece.id !== slot.id)) {
        if (slots.length >= maxCalls) throw failedWith('protocol', `${model} sent more than ${maxCalls} tool calls in one answer.`);
        slot = { id: '', name: '', arguments: '' };
        slots.push(slot);
        byIndex.set(index, slot);
      }
      if (slot.id === '') slot.id = piece.id ?? '';
      if (slot.name === '') slot.name = piece.name ?? '';
      slot.arguments += piece.arguments ?? '';
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

/** For a call that has no id: the same call gets the same one. */
export function madeUpId(key: string, index: number): string {
  return `call_${createHash('sha256').update(`${key}\n${index}`).digest('hex').slice(0, 24)}`;
}
