import type { ReactNode } from 'react';
import { visibleText } from '@fw/framework/visible-text';

const marks = /(⟨U\+[0-9A-F]{4,6}⟩)/;

/** Text of a run. Whatever it looks like it stays text, and what a reader could not see is written out. */
export function Plain({ children, length }: { readonly children: string; readonly length?: number }): ReactNode {
  const cut = length !== undefined && children.length > length ? `${children.slice(0, length).toWellFormed()}…` : children;
  const parts = visibleText(cut).split(marks);
  if (parts.length === 1) return parts[0];
  return parts.map((part, index) => (marks.test(part) ? <span key={index} className="hidden-character" title="A character that cannot be seen">{part}</span> : part));
}
