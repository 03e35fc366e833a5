import { describe, expect, it } from 'vitest';
import { applyChunks } from '../../src/edits/apply-chunks.ts';
import { applyEdits, type EditsAnswer } from '../../src/edits/apply-edits.ts';
import { parsePatch } from '../../src/edits/parse-patch.ts';
import { corpusEdits, type CorpusEdit } from './corpus-files.ts';

/** What the file really is, what the model believes of it, and whether the edit must land or must not. */
interface Case {
  readonly text: string;
  /** Where the lines really stand in `text`, as offsets; undefined where they do not stand any more. */
  readonly place: readonly [number, number];
  readonly old: readonly string[];
  readonly fresh: readonly string[];
  readonly outcome: 'lands' | 'refused' | 'either';
}

const indentOf = (line: string): string => /^\s*/.exec(line)?.[0] ?? '';

/** The file with other lines; `end` is its line end. */
function caseOf(edit: CorpusEdit, outcome: Case['outcome'], options: { readonly change?: (line: string, index: number) => string; readonly end?: string; readonly mark?: string; readonly old?: readonly string[] }): Case {
  const { change = (line) => line, end = '\n', mark = '' } = options;
  const lines = edit.lines.map((line, index) => change(line, index) + end);
  const before = mark + lines.slice(0, edit.first).join('');
  const middle = lines.slice(edit.first, edit.first + edit.count).join('');
  const old = edit.lines.slice(edit.first, edit.first + edit.count);
  return {
    text: before + middle + lines.slice(edit.first + edit.count).join(''),
    place: [before.length, before.length + middle.length],
    old: options.old ?? old,
    fresh: options.old === undefined ? edit.fresh : options.old.map((line, index) => (index === 0 ? `${line} changed` : line)),
    outcome,
  };
}

const perturbations: { readonly [name: string]: (edit: CorpusEdit) => Case } = {
  nothing: (edit) => caseOf(edit, 'lands', {}),
  // Blanks became tabs: no uniform shift, unless all lines have one indent.
  tabs: (edit) => caseOf(edit, 'either', { change: (line) => line.replace(/^( {2})+/, (blanks) => '\t'.repeat(blanks.length / 2)).replace(/^\t(?=\t|\S)/, '\t') }),
  CRLF: (edit) => caseOf(edit, 'lands', { end: '\r\n' }),
  BOM: (edit) => caseOf(edit, 'lands', { mark: '\uFEFF' }),
  'a dropped line': (edit) => {
    const old = edit.lines.slice(edit.first, edit.first + edit.count);
    return caseOf(edit, 'refused', { old: old.filter((_, index) => index !== 1) });
  },
  'a stale middle': (edit) => caseOf(edit, 'refused', { change: (line, index) => (index === edit.first + 1 ? `${indentOf(line)}rewritten by somebody` : line) }),
  'trailing blanks': (edit) => caseOf(edit, 'lands', { change: (line, index) => line + ['', ' ', '\t', '  '][index % 4] }),
  'another indent': (edit) => caseOf(edit, 'lands', { change: (line) => (line === '' ? line : `    ${line}`) }),
  'Unicode punctuation': (edit) => caseOf(edit, 'lands', { change: (line) => line.replaceAll(/"(\w)/g, '“$1').replaceAll('"', '”').replaceAll("'", '’').replaceAll(' - ', ' – ').replaceAll('...', '…') }),
};

function byEdit({ text, old, fresh }: Case): EditsAnswer {
  return applyEdits('file', text, [{ old: `${old.join('\n')}\n`, new: `${fresh.join('\n')}\n`, all: false }]);
}

function byPatch({ text, old, fresh }: Case): EditsAnswer {
  const kept = old[0] === fresh[0] ? 1 : 0;
  const last = old.at(-1) === fresh.at(-1) ? 1 : 0;
  const lines = [
    ...old.slice(0, kept).map((line) => ` ${line}`),
    ...old.slice(kept, old.length - last).map((line) => `-${line}`),
    ...fresh.slice(kept, fresh.length - last).map((line) => `+${line}`),
    ...old.slice(old.length - last).map((line) => ` ${line}`),
  ];
  const parsed = parsePatch(['*** Begin Patch', '*** Update File: file', '@@', ...lines, '*** End Patch'].join('\n'));
  if (parsed.status === 'invalid' || parsed.parts[0]?.type !== 'update') throw new Error(JSON.stringify(parsed));
  return applyChunks('file', text, parsed.parts[0].chunks);
}

const plain = (text: string): string => text.replaceAll(/[ \t\r]/g, '').replaceAll(/[“”]/g, '"').replaceAll('’', "'").replaceAll('–', '-').replaceAll('…', '...');

describe.each([
  ['edit_file', byEdit],
  ['apply_patch', byPatch],
] as const)('the corpus by %s', (_name, apply) => {
  it.each(Object.keys(perturbations))('with %s: nothing lands in a wrong place', (name) => {
    const outcomes = { applied: 0, refused: 0 };
    for (const edit of corpusEdits()) {
      const one = (perturbations[name] as (edit: CorpusEdit) => Case)(edit);
      const result = apply(one);
      outcomes[result.status] += 1;
      const shown = `${edit.file} line ${edit.first + 1}: ${JSON.stringify(result)}`;
      if (one.outcome !== 'either') expect(result.status, shown).toBe(one.outcome === 'lands' ? 'applied' : 'refused');
      if (result.status === 'refused') continue;
      const [start, end] = one.place;
      expect(result.text.startsWith(one.text.slice(0, start)), shown).toBe(true);
      expect(result.text.endsWith(one.text.slice(end)), shown).toBe(true);
      const middle = result.text.slice(start, result.text.length - (one.text.length - end));
      expect(plain(middle), shown).toBe(plain(`${one.fresh.join('\n')}\n`));
      if (name === 'CRLF') expect(result.text.replaceAll('\r\n', ''), shown).not.toContain('\n');
      if (name === 'another indent') expect(middle.split('\n').every((line) => line === '' || line.startsWith('    ')), shown).toBe(true);
    }
    expect(outcomes.applied + outcomes.refused).toBeGreaterThanOrEqual(28);
  });
});

it('holds at least 200 perturbed edits', () => {
  expect(corpusEdits().length * (Object.keys(perturbations).length - 1)).toBeGreaterThanOrEqual(200);
});
