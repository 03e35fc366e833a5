import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** What a plugin adds to the dashboard: data that says what of a run is shown. None of its code runs there. */
export interface PluginPanel {
  readonly specVersion: 1;
  /** `<plugin>.<word>`. */
  readonly name: string;
  readonly title: string;
  /** From top to bottom. */
  readonly blocks: readonly PanelBlock[];
}

export type PanelBlock =
  | { readonly type: 'text'; readonly text: string }
  /** One value, such as a number. */
  | { readonly type: 'value'; readonly title: string; readonly from: PanelSource }
  /** A row for each thing in a list. */
  | { readonly type: 'table'; readonly title: string; readonly from: PanelSource; readonly columns: readonly { readonly title: string; readonly path: readonly string[] }[] }
  /** What a validator found last, by its name. */
  | { readonly type: 'findings'; readonly title: string; readonly validator: string };

/** A place in the newest artifact of a kind. */
export interface PanelSource {
  readonly artifact: string;
  /** Names of members, from the artifact's content inwards; default the content. */
  readonly path?: readonly string[];
}

const title = withZod((z) => z.string().min(1).max(200));
const word = withZod((z) => z.string().min(1).max(128));
const source = withZod((z) => z.strictObject({ artifact: word, path: z.array(word).max(10).optional() }));

/** Checks a panel that a plugin registers. */
export const panelSchema: z.ZodType<PluginPanel> = withZod((z) => z.strictObject({
  specVersion: z.literal(1),
  name: word,
  title,
  blocks: z.array(z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: z.string().min(1).max(4_000) }),
    z.strictObject({ type: z.literal('value'), title, from: source }),
    z.strictObject({ type: z.literal('table'), title, from: source, columns: z.array(z.strictObject({ title, path: z.array(word).max(10) })).min(1).max(12) }),
    z.strictObject({ type: z.literal('findings'), title, validator: word }),
  ])).min(1).max(20),
})) as z.ZodType<PluginPanel>;
