import type { Json, Message, Part, ToolCall, ToolSpec } from '@fw/models';
import type { Answer } from './answer-calls.ts';
import { capOutputs, cutText } from './cap-output.ts';
import { closeCalls } from './close-calls.ts';
import { readOf } from './loop-turn.ts';
import { chooseMasked, isMaskable, isSuperseded, limitsOf, maskedOutput, sameAs } from './mask-results.ts';
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

interface Entry {
  message: Message;
  tokens: number;
  readonly turn: number;
  results: readonly ShownResult[];
}

/**
 * What is sent to the model, kept in the form of the wire and appended to; what is old is masked in place. Each turn looks
 * at what is new: a conversation that only grows is not gone through again.
 */
export class Conversation {
  readonly #window: number;
  readonly #store: KeptOutputs;
  readonly #tag: string;
  #entries: Entry[];
  /** Turns whose answers the model no longer sees, all or some. */
  #forgotten: Set<number> | undefined;
  /** What the service counts in relation to us, and what we counted for the request that was sent last. */
  #ratio = 1;
  #sent = 0;
  #tools: { readonly specs: readonly ToolSpec[]; readonly tokens: number } | undefined;
  /** The first entries as they can be sent, and how many they are. */
  #closed: readonly Message[] = [];
  #closedEntries = 0;

  constructor(options: ConversationOptions) {
    this.#window = options.window;
    this.#store = options.store;
    this.#tag = options.tag;
    this.#entries = [entryOf(0, { role: 'system', content: options.system }), entryOf(0, { role: 'user', content: fitPrompt(options) })];
  }

  /** Whether the model no longer sees all of that turn, or of any. */
  hasForgotten(turn?: number): boolean {
    return this.#forgotten !== undefined && (turn === undefined || this.#forgotten.has(turn));
  }

  messages(): readonly Message[] {
    const fresh = this.#entries.slice(this.#closedEntries).map(({ message }) => message);
    // Results stand with the message whose calls they answer.
    if (fresh[0]?.role === 'tool') return closeCalls(this.#entries.map(({ message }) => message));
    // A list of just its size, and each request has its own.
    this.#closed = this.#closed.concat(closeCalls(fresh));
    this.#closedEntries = this.#entries.length;
    return this.#closed.slice();
  }

  /** About how many tokens the next request takes. */
  tokens(tools: readonly ToolSpec[]): number {
    const counted = this.#tools;
    const known = counted?.specs.length === tools.length && tools.every((tool, index) => tool === counted.specs[index]) ? counted : { specs: tools, tokens: tokensOf(tools) };
    this.#tools = known;
    this.#sent = known.tokens;
    for (const { tokens } of this.#entries) this.#sent += tokens;
    return Math.ceil(this.#sent * this.#ratio);
  }

  /** What the service counted for the request that was sent last, to count the next better. */
  counted(inputTokens: number): void {
    // Never less than our own count: a service that counts nothing must not make the conversation endless.
    if (this.#sent > 0 && inputTokens > 0) this.#ratio = Math.min(3, Math.max(1, inputTokens / this.#sent));
  }

  say(turn: number, text: string): void {
    this.#entries.push(entryOf(turn, { role: 'user', content: text }));
  }

  answer(turn: number, message: Message): void {
    this.#entries.push(entryOf(turn, message));
  }

  results(turn: number, answers: readonly Answer[]): void {
    const results = answers.map((answer) => this.#show(turn, answer));
    for (const entry of this.#entries) if (entry.results.length > 0) entry.results = supersededBy(entry.results, results);
    this.#entries.push(entryOf(turn, { role: 'tool', content: results.map(partOf) }, results));
  }

  /** Masks old results once enough of them are old; `all` masks every one before the turn. */
  mask(turn: number, all = false): void {
    const limits = limitsOf(this.#window);
    if (!all && this.#maskableTokens() < limits.batch) return;
    const chosen = chooseMasked(this.#entries.flatMap(({ results }) => results), limits, all ? turn : undefined);
    if (chosen.size === 0) return;
    for (const entry of this.#entries.filter(({ results }) => results.some((result) => chosen.has(result)))) {
      entry.results = entry.results.map((result) => {
        if (!chosen.has(result)) return result;
        if (result.state === 'shown') this.#forget(result.turn);
        const content = maskedOutput(result, this.#store);
        return { ...result, content, tokens: tokensOf(content), state: 'masked' };
      });
      entry.message = { role: 'tool', content: entry.results.map(partOf) };
      entry.tokens = tokensOf(entry.message);
    }
    this.#closeAnew();
  }

  /** Replaces everything between the first message and the last turns, whole turns only; false when there is nothing to replace. */
  replaceOld(makeText: (lastTurn: number) => string): boolean {
    const entries = this.#entries;
    const turns = [...new Set(entries.map(({ turn }) => turn))].filter((turn) => turn > 0);
    let [first, kept] = [turns.at(-1) ?? 0, 0];
    for (const turn of turns.toReversed()) {
      kept += entries.filter((entry) => entry.turn === turn).reduce((sum, entry) => sum + entry.tokens, 0);
      if (turn !== turns.at(-1) && kept > this.#window * 0.2) break;
      first = turn;
    }
    const old = entries.filter(({ turn }) => turn > 0 && turn < first);
    if (old.length === 0) return false;
    for (const { turn } of old) this.#forget(turn);
    const last = Math.max(...old.map(({ turn }) => turn));
    this.#entries = [...entries.slice(0, 2), entryOf(last, { role: 'user', content: makeText(last) }), ...entries.filter(({ turn }) => turn >= first)];
    this.#closeAnew();
    return true;
  }

  #show(turn: number, { call, output, isOutside }: Answer): ShownResult {
    const [store, tag] = [this.#store, this.#tag];
    const raw = output;
    const visible = shownJson(output);
    const capped = visible === output ? visible : (capOutputs([visible], store, [call.name])[0] ?? null);
    const earlier = this.#find(call, raw);
    const content = earlier === undefined ? (isOutside ? wrap(capped, call.name, tag) : capped) : asJson({ ok: true, text: `The answer is the same as in turn ${earlier.turn}, where it is shown in full. Nothing changed.` });
    return { turn, call, raw, read: readOf({ turn, call, output: raw }), content, tokens: tokensOf(content), state: earlier === undefined ? 'shown' : 'repeated' };
  }

  #find(call: ToolCall, raw: Json): ShownResult | undefined {
    for (const { results } of this.#entries) for (const result of results) if (sameAs(result, call, raw)) return result;
    return undefined;
  }

  #maskableTokens(): number {
    let sum = 0;
    for (const { results } of this.#entries) for (const result of results) if (isMaskable(result)) sum += result.tokens;
    return sum;
  }

  #forget(turn: number): void {
    (this.#forgotten ??= new Set()).add(turn);
  }

  #closeAnew(): void {
    this.#closed = [];
    this.#closedEntries = 0;
  }
}

function entryOf(turn: number, message: Message, results: readonly ShownResult[] = []): Entry {
  return { message, tokens: tokensOf(message), turn, results };
}

/** What a new read shows again need not be kept so long. */
function supersededBy(old: readonly ShownResult[], fresh: readonly ShownResult[]): readonly ShownResult[] {
  const isOver = (result: ShownResult): boolean => result.state === 'shown' && fresh.some((later) => isSuperseded(result, later));
  return old.some(isOver) ? old.map((result) => (isOver(result) ? { ...result, state: 'superseded' } : result)) : old;
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

