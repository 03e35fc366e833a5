import type { Json, Message, Part, ToolSpec } from '@fw/models';
import type { Answer } from './answer-calls.ts';
import { capOutputs, cutText } from './cap-output.ts';
import { closeCalls } from './close-calls.ts';
import { readOf } from './loop-turn.ts';
import { chooseMasked, isSuperseded, limitsOf, maskedOutput, sameAs } from './mask-results.ts';
import type { ShownResult } from './mask-results.ts';
import type { KeptOutputs } from './kept-outputs.ts';
import { tokensOf } from './token-count.ts';
import { readOutput } from './tool-exchange.ts';
import { shownJson, wrapUntrusted } from './untrusted.ts';

export interface ConversationOptions {
  readonly system: string;
  /** The first message, which stays as it is; `pinned` is the part of it that is never cut. */
  readonly prompt: string;
  readonly pinned: string;
  /** Tokens that the model holds. */
  readonly window: number;
  readonly store: KeptOutputs;
  /** Untrusted text stands in it. */
  readonly tag: string;
}

/** What is sent to the model, kept in the form of the wire and appended to; what is old is masked in place. */
export interface Conversation {
  /** Turns whose answers the model no longer sees, all or some. */
  readonly forgotten: ReadonlySet<number>;
  messages(): readonly Message[];
  /** About how many tokens the next request takes. */
  tokens(tools: readonly ToolSpec[]): number;
  /** What the service counted for the request that was sent last, to count the next better. */
  counted(inputTokens: number): void;
  say(turn: number, text: string): void;
  answer(turn: number, message: Message): void;
  results(turn: number, answers: readonly Answer[]): void;
  /** Masks old results once enough of them are old; `all` masks every one before the turn. */
  mask(turn: number, all?: boolean): void;
  /** Replaces everything between the first message and the last turns, whole turns only; false when there is nothing to replace. */
  replaceOld(makeText: (lastTurn: number) => string): boolean;
}

interface Entry {
  message: Message;
  tokens: number;
  readonly turn: number;
  results: readonly ShownResult[];
}

export function createConversation(options: ConversationOptions): Conversation {
  const { system, window, store, tag } = options;
  const limits = limitsOf(window);
  const forgotten = new Set<number>();
  let entries: Entry[] = [];
  let [ratio, sent] = [1, 0];

  const add = (turn: number, message: Message, results: readonly ShownResult[] = []): void => {
    entries.push({ message, tokens: tokensOf(message), turn, results });
  };
  const shown = (): readonly ShownResult[] => entries.flatMap((entry) => entry.results);

  function redraw(entry: Entry): void {
    entry.message = { role: 'tool', content: entry.results.map(partOf) };
    entry.tokens = tokensOf(entry.message);
  }
  function show(turn: number, { call, output, isOutside }: Answer): ShownResult {
    const raw = output;
    const visible = shownJson(output);
    const capped = visible === output ? visible : (capOutputs([visible], store)[0] ?? null);
    const earlier = shown().find((result) => sameAs(result, call, raw));
    const content = earlier === undefined ? (isOutside ? wrap(capped, call.name, tag) : capped) : asJson({ ok: true, text: `The answer is the same as in turn ${earlier.turn}, where it is shown in full. Nothing changed.` });
    return { turn, call, raw, read: readOf({ turn, call, output: raw }), content, tokens: tokensOf(content), state: earlier === undefined ? 'shown' : 'repeated' };
  }

  add(0, { role: 'system', content: system });
  add(0, { role: 'user', content: fitPrompt(options) });
  return {
    forgotten,
    messages: () => closeCalls(entries.map(({ message }) => message)),
    tokens(tools) {
      sent = tokensOf(tools) + entries.reduce((sum, entry) => sum + entry.tokens, 0);
      return Math.ceil(sent * ratio);
    },
    counted(inputTokens) {
      // Never less than our own count: a service that counts nothing must not make the conversation endless.
      if (sent > 0 && inputTokens > 0) ratio = Math.min(3, Math.max(1, inputTokens / sent));
    },
    say: (turn, text) => add(turn, { role: 'user', content: text }),
    answer: (turn, message) => add(turn, message),
    results(turn, answers) {
      const results = answers.map((answer) => show(turn, answer));
      for (const entry of entries) {
        if (!entry.results.some((old) => old.state === 'shown' && results.some((fresh) => isSuperseded(old, fresh)))) continue;
        entry.results = entry.results.map((old) => (old.state === 'shown' && results.some((fresh) => isSuperseded(old, fresh)) ? { ...old, state: 'superseded' } : old));
      }
      add(turn, { role: 'tool', content: results.map(partOf) }, results);
    },
    mask(turn, all = false) {
      const chosen = chooseMasked(shown(), limits, all ? turn : undefined);
      if (chosen.size === 0) return;
      for (const entry of entries.filter(({ results }) => results.some((result) => chosen.has(result)))) {
        entry.results = entry.results.map((result) => {
          if (!chosen.has(result)) return result;
          if (result.state === 'shown') forgotten.add(result.turn);
          const content = maskedOutput(result, store);
          return { ...result, content, tokens: tokensOf(content), state: 'masked' };
        });
        redraw(entry);
      }
    },
    replaceOld(makeText) {
      const turns = [...new Set(entries.map(({ turn }) => turn))].filter((turn) => turn > 0);
      let [first, kept] = [turns.at(-1) ?? 0, 0];
      for (const turn of turns.toReversed()) {
        kept += entries.filter((entry) => entry.turn === turn).reduce((sum, entry) => sum + entry.tokens, 0);
        if (turn !== turns.at(-1) && kept > window * 0.2) break;
        first = turn;
      }
      const old = entries.filter(({ turn }) => turn > 0 && turn < first);
      if (old.length === 0) return false;
      for (const { turn } of old) forgotten.add(turn);
      const last = Math.max(...old.map(({ turn }) => turn));
      const message: Message = { role: 'user', content: makeText(last) };
      entries = [...entries.slice(0, 2), { message, tokens: tokensOf(message), turn: last, results: [] }, ...entries.filter(({ turn }) => turn >= first)];
      return true;
    },
  };
}

function partOf({ call, content, raw }: ShownResult): Part {
  return { type: 'tool-result', id: call.id, name: call.name, content, ...(readOutput(raw).ok === false ? { isError: true } : {}) };
}

/** What a tool says is data: its text stands in the tag. */
function wrap(output: Json, tool: string, tag: string): Json {
  if (typeof output === 'string') return wrapUntrusted(output, { tag, source: tool });
  const { text } = readOutput(output);
  if (typeof text !== 'string' || text === '') return output;
  return { ...(output as { readonly [key: string]: Json }), text: wrapUntrusted(text, { tag, source: tool }) };
}

/** Of a prompt that would fill the window all but the pinned part is cut in its middle; the reference reads it whole. */
function fitPrompt({ prompt, pinned, window, store }: ConversationOptions): string {
  const room = Math.floor(window * 0.35);
  const at = pinned === '' ? -1 : prompt.indexOf(pinned);
  const [head, rest] = at === -1 ? ['', prompt] : [prompt.slice(0, at + pinned.length), prompt.slice(at + pinned.length)];
  if (tokensOf(rest) <= room) return prompt;
  const text = rest.toWellFormed();
  const { head: begin, tail, length } = cutText(text, room * 2);
  return `${head}${begin}\n[… ${text.length - length} of ${text.length} characters left out; all of it: read_file with path "${store.keep(text)}" …]\n${tail}`;
}

const asJson = (value: { readonly ok: boolean; readonly text: string }): Json => value;

