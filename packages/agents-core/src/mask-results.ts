import type { Json, ToolCall } from '@fw/models';
import { canonicalJson } from './canonical-json.ts';
import type { readOf } from './loop-turn.ts';
import type { KeptOutputs } from './kept-outputs.ts';
import { readOutput } from './tool-exchange.ts';
import { shownText } from './untrusted.ts';

/** A result as it stands in the conversation. */
export interface ShownResult {
  readonly turn: number;
  readonly call: ToolCall;
  /** What the tool answered. */
  readonly raw: Json;
  /** What a reading tool showed with it. */
  readonly read: ReturnType<typeof readOf>;
  /** What the model is sent. */
  readonly content: Json;
  readonly tokens: number;
  /** `superseded`: a later read shows the same file again; `repeated`: an earlier result says the same. */
  readonly state: 'shown' | 'superseded' | 'repeated' | 'masked';
}

interface MaskLimits {
  /** The newest tokens of results that stay. */
  readonly keep: number;
  /** Fewer than that are not masked: each time costs the service's cache of the conversation. */
  readonly batch: number;
}

/** A result as short as its mask stays. */
const leastMasked = 150;
const leastRepeated = 400;
/** Of 128,000 tokens 40,000; smaller windows keep the same share. */
const keptShare = 0.3125;

/** 40,000 tokens stay and 20,000 make a batch; in a window too small for that, as much as fits. */
export function limitsOf(window: number): MaskLimits {
  return { keep: Math.min(40_000, Math.floor(window * keptShare)), batch: Math.min(20_000, Math.floor(window * keptShare)) };
}

/** Still shown, and long enough. */
export function isMaskable({ state, tokens }: ShownResult): boolean {
  return (state === 'shown' || state === 'superseded') && tokens >= leastMasked;
}

/** The results to mask now: all before a turn, or, once they make a batch, what is beyond the newest and what a later read shows again. */
export function chooseMasked(results: readonly ShownResult[], limits: MaskLimits, before?: number): ReadonlySet<ShownResult> {
  const open = results.filter(isMaskable);
  if (before !== undefined) return new Set(open.filter(({ turn }) => turn < before));
  let kept = 0;
  const old = open.toReversed().filter((result) => {
    if (result.state === 'superseded') return true;
    kept += result.tokens;
    return kept > limits.keep;
  });
  return old.reduce((sum, { tokens }) => sum + tokens, 0) >= limits.batch ? new Set(old) : new Set();
}

/** What stands in the place of a masked result: whether it succeeded, and how to see it again. */
export function maskedOutput({ call, raw, turn }: ShownResult, store: KeptOutputs): Json {
  const { text, ...rest } = readOutput(raw);
  const { ok, code, truncated } = rest;
  // What stands beside a text is small: places, counts, hashes. Where it is not, all of the answer is kept.
  const isText = typeof text === 'string' && JSON.stringify(rest).length < leastMasked * 4;
  const whole = isText ? text : JSON.stringify(raw, null, 1);
  const reference = store.keep(whole);
  return {
    ...(ok === undefined ? {} : { ok }), ...(code === undefined ? {} : { code }),
    text: `[Left out to save room: ${whole.toWellFormed().length} characters that ${call.name} ${shownText(JSON.stringify(call.arguments)).slice(0, 200)} answered in turn ${turn}. To see them: read_file with path "${reference}"${truncated?.ref === undefined ? '' : `, and what was cut then at "${truncated.ref}"`}.]`,
    truncated: { shown: 0, total: whole.toWellFormed().length, unit: 'characters', ref: reference },
  };
}

/** True when an earlier read that is still shown in full gave the same answer to the same call. */
export function sameAs(earlier: ShownResult, call: ToolCall, raw: Json): boolean {
  return earlier.state === 'shown' && earlier.call.name === call.name && earlier.tokens >= leastRepeated
    && earlier.read !== undefined
    && canonicalJson(earlier.call.arguments) === canonicalJson(call.arguments) && canonicalJson(earlier.raw) === canonicalJson(raw);
}

/** True when a later read shows every line of the file again that the earlier one showed. */
export function isSuperseded(earlier: ShownResult, later: ShownResult): boolean {
  if (later.state !== 'shown' || earlier.call.name !== later.call.name) return false;
  const [old, fresh] = [earlier.read, later.read];
  return old !== undefined && fresh !== undefined && old.of === fresh.of && fresh.start <= old.start && fresh.end >= old.end;
}
