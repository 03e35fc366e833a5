import { withZod } from '@fw/agents-core/with-zod';
import type { TaskWorkspace, Tool } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { countTokens, drawMap } from '../map/draw-map.ts';
import { readFocus } from '../map/focus.ts';
import { readSources } from '../map/read-sources.ts';
import type { ReadSources, SourceLimits } from '../map/read-sources.ts';
import { rankSymbols } from '../map/symbol-graph.ts';
import { answer } from './answer.ts';

const most = 1_500;

/** `limits` are for tests; default 10,000 files and 10 seconds. */
export function repositoryMapTool(workspace: TaskWorkspace, limits: Partial<SourceLimits> = {}): Tool {
  const held: SourceLimits = { files: 10_000, timeMs: 10_000, now: () => performance.now(), ...limits };
  /** Of the newest tree that was read whole. */
  let last: { readonly tree: string; readonly read: ReadSources } | undefined;
  return defineTool({
    name: 'repository_map',
    description:
      'Draws a map of the source files: declarations with their lines and who uses them, what matters most for the focus first. Knows TypeScript and JavaScript, and by their lines Python, Go, Rust, Java, Kotlin, Scala, C#, Swift, PHP, Ruby, C and C++.',
    effect: 'pure',
    input: withZod((z) => z.strictObject({
      focus: z.array(z.string().max(20_000)).max(200).default([]).describe('What the map is for: texts, names and paths of files'),
      budget: z.int().min(200).max(most).default(most).describe('The most tokens of the answer'),
    })),
    run: ({ focus, budget }, step) =>
      answer(step, async () => {
        const tree = await workspace.snapshot();
        const read = last?.tree === tree ? last.read : await readSources(workspace, held, step.signal);
        if (!read.isPartial) last = { tree, read };
        const notes = read.notes.join('\n');
        if (read.sources.length === 0) return { ok: true, text: `${notes === '' ? '' : `${notes}\n`}No source files in a language that the map knows. Use list_files.`, meta: { tree, files: 0, declarations: 0 } };
        const { text, shown, total, files } = drawMap(rankSymbols(read.sources, readFocus(focus)), budget, read.notes);
        step.signal.throwIfAborted();
        return { ok: true, text, ...(shown < total && { truncated: { shown, total, unit: 'entries' as const } }), meta: { tree, files, declarations: shown, tokens: countTokens(text), partial: read.isPartial } };
      }),
  });
}
