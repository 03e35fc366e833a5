import { visibleText } from '../visible-text.ts';

/** A piece of a page whose text was escaped. Only `html` makes any. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | null | undefined | readonly Part[];

/** A template whose values are text, whatever they look like; only what `html` made is taken as it is. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: template.raw.map((markup, index) => `${markup}${index < parts.length ? markupOf(parts[index]) : ''}`).join('') };
}

function markupOf(part: Part): string {
  if (part === null || part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escape(visibleText(String(part)));
  return 'markup' in part ? part.markup : part.map(markupOf).join('');
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
