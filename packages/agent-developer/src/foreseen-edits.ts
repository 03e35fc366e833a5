import type { Json, ToolCall } from '@fw/agents-core';

/** What a call of an edit tool would make of a file. */
export interface ForeseenEdit {
  /** Absent where it cannot be told. */
  readonly text?: string | undefined;
}

/** Undefined for a call that does not touch the file. */
export function foreseeEdit({ name, arguments: input }: ToolCall, file: string, text: string): ForeseenEdit | undefined {
  if (name === 'apply_patch') return foreseePatch(member(input, 'patch'), file, text);
  if ((name !== 'write_file' && name !== 'edit_file') || plainPath(member(input, 'path')) !== file) return undefined;
  const [content, edits] = [member(input, 'content'), member(input, 'edits')];
  if (name === 'write_file') return typeof content === 'string' ? { text: content } : {};
  return Array.isArray(edits) ? { text: applyAll(text, edits.map(toEdit)) } : {};
}

/** A path as the tools take it, without what says nothing. */
function plainPath(path: unknown): string {
  const parts: string[] = [];
  for (const part of typeof path === 'string' ? path.split(/[/\\]/) : []) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

interface Edit {
  readonly old: string;
  readonly new: string;
  readonly all?: boolean;
}

function toEdit(edit: Json): Edit | undefined {
  const [before, after] = [member(edit, 'old'), member(edit, 'new')];
  return typeof before === 'string' && typeof after === 'string' ? { old: before, new: after, all: member(edit, 'all') === true } : undefined;
}

/** Word for word, each at one place: what the tools match more loosely cannot be foreseen here. */
function applyAll(text: string, edits: readonly (Edit | undefined)[]): string | undefined {
  let result = text.replaceAll('\r\n', '\n');
  for (const edit of edits) {
    const parts = edit === undefined || edit.old === '' ? [] : result.split(edit.old.replaceAll('\r\n', '\n'));
    if (edit === undefined || parts.length < 2 || (parts.length > 2 && edit.all !== true)) return undefined;
    result = parts.join(edit.new);
  }
  return result;
}

function foreseePatch(patch: Json | undefined, file: string, text: string): ForeseenEdit | undefined {
  if (typeof patch !== 'string') return undefined;
  const sections = patch.replaceAll('\r\n', '\n').split(/^(?=\*\*\* (?:Add|Update|Delete) File: )/m).slice(1);
  const own = sections.filter((section) => [...section.matchAll(/^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.*)$/gm)].some(([, path]) => plainPath(path?.trim()) === file));
  if (own.length === 0) return undefined;
  const [section = ''] = own;
  if (own.length > 1 || !section.startsWith('*** Update File: ') || /^\*\*\* Move to: /m.test(section)) return {};
  const hunks = section.split('\n').slice(1).filter((line) => !line.startsWith('***')).join('\n').split(/^@@.*\n?/m).filter((hunk) => hunk.trim() !== '');
  return { text: applyAll(text, hunks.map((hunk) => toHunk(hunk.replace(/\n$/, '').split('\n')))) };
}

function toHunk(lines: readonly string[]): Edit {
  const without = (mark: '+' | '-'): string => lines.filter((line) => !line.startsWith(mark)).map((line) => `${line.slice(1)}\n`).join('');
  return { old: without('+'), new: without('-') };
}

function member(value: Json | undefined, key: string): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as { readonly [key: string]: Json })[key] : undefined;
}
