import type { Artifact, Finding } from '@fw/agents-core';
import { panelSchema } from '../plugin-panel.ts';
import type { PanelBlock, PanelSource } from '../plugin-panel.ts';
import { evidenceIn } from '../run-projection.ts';
import type { PlacedEntry } from '../run-projection.ts';

/** A plugin's panel as it looks for one run: text alone. */
export interface ShownPanel {
  readonly name: string;
  readonly title: string;
  readonly blocks: readonly ShownBlock[];
}

export type ShownBlock =
  | { readonly type: 'text'; readonly text: string }
  /** Null as long as the run has nothing there. */
  | { readonly type: 'value'; readonly title: string; readonly value: string | null }
  /** `left`: rows that are not shown. */
  | { readonly type: 'table'; readonly title: string; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[]; readonly left: number };

const mostPanels = 100;
const mostRows = 200;
const longestCell = 500;

/** What the panels that a run was begun with show of it. A run may come from elsewhere: what is no panel is left out. */
export function readPanels(panels: unknown, artifacts: readonly Artifact[], entries: readonly PlacedEntry[]): readonly ShownPanel[] {
  const given: readonly unknown[] = Array.isArray(panels) ? panels.slice(0, mostPanels) : [];
  return given.flatMap((panel) => panelSchema.safeParse(panel).data ?? []).map(({ name, title, blocks }) => ({ name, title, blocks: blocks.map((block) => show(block, artifacts, entries)) }));
}

function show(block: PanelBlock, artifacts: readonly Artifact[], entries: readonly PlacedEntry[]): ShownBlock {
  switch (block.type) {
    case 'text': return block;
    case 'value': return { type: 'value', title: block.title, value: textOf(contentOf(block.from, artifacts)) };
    case 'table': {
      const found = contentOf(block.from, artifacts);
      return table(block.title, block.columns.map(({ title }) => title), Array.isArray(found) ? found.map((row: unknown) => block.columns.map(({ path }) => memberOf(row, path))) : []);
    }
    case 'findings': return table(block.title, ['Severity', 'File', 'Line', 'Rule', 'Message'], findingsOf(block.validator, entries).map(({ severity, file, line, rule, message }) => [severity, file, line, rule, message]));
  }
}

function table(title: string, columns: readonly string[], rows: readonly (readonly unknown[])[]): ShownBlock {
  return { type: 'table', title, columns, rows: rows.slice(0, mostRows).map((row) => row.map((cell) => textOf(cell) ?? '')), left: Math.max(0, rows.length - mostRows) };
}

function contentOf({ artifact, path = [] }: PanelSource, artifacts: readonly Artifact[]): unknown {
  return memberOf(artifacts.findLast(({ kind }) => kind === artifact)?.content, path);
}

function memberOf(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name) ? (inner as { readonly [name: string]: unknown })[name] : undefined), value);
}

/** Of its last measurement: what was mended is not there any more. */
function findingsOf(validator: string, entries: readonly PlacedEntry[]): readonly Finding[] {
  const measured = entries.flatMap(evidenceIn).map(({ results }) => (results ?? {}) as { readonly validator?: unknown; readonly findings?: unknown });
  const last = measured.findLast((results) => results.validator === validator)?.findings;
  return Array.isArray(last) ? (last as readonly Finding[]) : [];
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longestCell ? `${text.slice(0, longestCell).toWellFormed()}…` : text;
}
