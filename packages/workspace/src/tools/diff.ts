import { withZod } from '@fw/agents-core/with-zod';
import type { FileChange, TaskWorkspace, Tool } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import { relativePath } from '../workspace-path.ts';
import { answer } from './answer.ts';
import { answerLines } from './answer-lines.ts';
import { pathText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';
import { shownName } from './shown-name.ts';

export function diffTool(workspace: TaskWorkspace, outputs: OutputStore): Tool {
  let last: string | undefined;
  return defineTool({
    name: 'diff',
    description:
      'Shows what has changed against the tree as found (base) or since the previous call of diff (last). With stat only the files and how many lines.',
    effect: 'pure',
    input: withZod((z) => z.strictObject({
      against: z.enum(['base', 'last']).default('base'),
      path: pathText().optional().describe('Only this file or folder'),
      stat: z.boolean().default(false),
    })),
    run: (input, step) =>
      answer(step, async () => {
        const path = input.path === undefined ? '.' : relativePath(input.path);
        const from = input.against === 'last' ? (last ?? workspace.base) : workspace.base;
        const to = await workspace.snapshot();
        last = to;
        const changes = (await workspace.changes(from, to)).filter(
          ({ file }) => path === '.' || file === path || file.startsWith(`${path}/`),
        );
        const meta = { files: changes.length, from, to };
        if (changes.length === 0)
          return { ok: true, text: `No changes against ${input.against}${path === '.' ? '' : ` in ${path}`}.`, meta };
        const text = input.stat ? changes.map(summary).join('\n') : sectionsOf(await workspace.diff(from, to), changes);
        const lines = text.replace(/\n$/, '').split('\n');
        return answerLines({
          outputs,
          lines,
          total: lines.length,
          unit: 'lines',
          full: () => text,
          more: (shown) => `${shown} of ${lines.length} lines. Call diff with ${input.stat ? 'path for one folder' : 'stat for the list, and with path for one file'}.`,
          meta,
        });
      }),
  });
}

function summary({ status, file, lines }: FileChange): string {
  return `${status} ${shownName(file)}${lines.length === 0 ? '' : ` (${lines.length} ${lines.length === 1 ? 'line' : 'lines'} new)`}`;
}

function sectionsOf(patch: string, changes: readonly FileChange[]): string {
  const heads = new Set(changes.map(({ file }) => `diff --git ${quoted(`a/${file}`)} ${quoted(`b/${file}`)}`));
  return patch
    .split(/(?<=\n)(?=diff --git )/)
    .filter((section) => heads.has(section.slice(0, section.indexOf('\n'))))
    .map((section) => section.replace(bytes, 'Binary files differ\n'))
    .join('');
}

/** What a patch needs and nobody reads. A line of a text never begins so: it has its sign before it. */
const bytes = /^GIT binary patch\n[^]*/m;

/** A name as git writes it where it does not quote what is beyond ASCII. */
function quoted(name: string): string {
  if (!/[\u0000-\u001f"\\\u007f]/.test(name)) return name;
  return `"${name.replaceAll(/[\u0000-\u001f"\\\u007f]/g, (character) => escapes[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
}

const escapes: { readonly [character: string]: string } = { '"': '\\"', '\\': '\\\\', '\u0007': '\\a', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r' };
