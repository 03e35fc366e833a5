import type { Json } from '@fw/models';
import type { AgentContext } from './agent.ts';

/** How tags begin that untrusted text stands in; what follows is drawn, so that no text can close its own. */
export const untrustedTag = 'untrusted-';

/**
 * Characters that a reader does not see or that turn the order of others: bidirectional controls, zero-width
 * characters, tags, fillers, selectors of variants, and controls other than tab and line ends.
 */
const hidden = '\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F\\u3164\\uFE00-\\uFE0D\\uFEFF\\uFFA0\\uFFF9-\\uFFFB\\u{1D173}-\\u{1D17A}\\u{E0000}-\\u{E0FFF}';
/** One selector of text or emoji stands behind many an emoji; more of them in a row can spell anything. */
const spelling = '(?<=[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}])[\\uFE0E\\uFE0F]';
const isHidden = new RegExp(`[${hidden}]|${spelling}`, 'u');
const hiddenRun = new RegExp(`([${hidden}]|${spelling})\\1*`, 'gu');

/** The text with every character that hides shown as `<U+202E>`, a run of it as `<U+200B ×40>`, and lone halves of characters replaced. */
export function visibleText(text: string): string {
  const whole = text.toWellFormed();
  return isHidden.test(whole) ? whole.replace(hiddenRun, (run, character: string) => `<U+${codeOf(character)}${run.length > character.length ? ` ×${run.length / character.length}` : ''}>`) : whole;
}

/** Text that others wrote, inside text of ours: hidden characters are shown, and nothing in it looks like our tags. */
export function shownText(text: string): string {
  return escapeTags(visibleText(text));
}

/** A tag for `wrapUntrusted`; drawn from the context, so the same on every replay and unknown to whoever wrote the text. */
export function drawTag(context: Pick<AgentContext, 'random'>): string {
  return `${untrustedTag}${Math.floor(context.random() * 36 ** 8).toString(36).padStart(8, '0')}`;
}

/**
 * Text of a repository, a tool or the web, marked as data for a model. Hidden characters are made visible, and what
 * looks like such a tag inside is escaped.
 */
export function wrapUntrusted(text: string, options: { readonly tag: string; readonly source: string }): string {
  const source = visibleText(options.source).replace(/["<>&\n\r]/g, '_').slice(0, 200);
  return `<${options.tag} source="${source}">\n${shownText(text)}\n</${options.tag}>`;
}

/** Every text in it as `shownText` gives it; the same value when there is nothing to show. */
export function shownJson(value: Json): Json {
  if (typeof value === 'string') return shownText(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => shownJson(item));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  let isSame = true;
  const members = Object.entries(value as { readonly [key: string]: Json }).map(([key, member]) => {
    const shown = [shownText(key), shownJson(member)] as const;
    isSame &&= shown[0] === key && shown[1] === member;
    return shown;
  });
  return isSame ? value : Object.fromEntries(members);
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

function escapeTags(text: string): string {
  return text.replace(/<(\s*\/?\s*untrusted)/gi, '&lt;$1');
}
