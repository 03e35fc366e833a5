import { shownName } from '../tools/shown-name.ts';
import type { RankedFile } from './symbol-graph.ts';

export interface DrawnMap {
  readonly text: string;
  /** Declarations in it, and all there are. */
  readonly shown: number;
  readonly total: number;
  readonly files: number;
}

/** Code has more characters than this in a token, so what is counted with it is not more than what a model counts. */
const bytesPerToken = 3;
const usersShown = 2;
/** A file whose declarations matter together is shown with more of them. */
const ofFile = 0.2;

/** The most tokens that a text takes. */
export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/** Declarations by rank, grouped by file, as many as fit into `budget` tokens with a last line that says what is left out. */
export function drawMap(ranked: readonly RankedFile[], budget: number, notes: readonly string[] = []): DrawnMap {
  const total = ranked.reduce((sum, { definitions }) => sum + definitions.length, 0);
  const tail = (shown: number, files: number): string => [...notes, `[${shown} of ${total} declarations, in ${files} of ${ranked.length} source files; what matters most for the task comes first. search and read_file show the rest.]`].join('\n');
  let left = budget * bytesPerToken - Buffer.byteLength(tail(total, ranked.length)) - 1;
  const chosen = new Map<RankedFile, Set<number>>();
  for (const { file, definition } of entriesOf(ranked)) {
    const lines = chosen.get(file);
    const head = lines === undefined ? Buffer.byteLength(headOf(file)) + 1 : 0;
    const cost = head + (definition === undefined ? 0 : Buffer.byteLength(lineOf(file, definition)) + 1);
    if (cost > left) break;
    left -= cost;
    chosen.set(file, definition === undefined ? (lines ?? new Set()) : (lines ?? new Set<number>()).add(definition));
  }
  const parts = [...chosen].map(([file, lines]) => [headOf(file), ...[...lines].sort((one, other) => one - other).map((definition) => lineOf(file, definition))].join('\n'));
  const shown = [...chosen.values()].reduce((sum, lines) => sum + lines.size, 0);
  return { text: [...parts, tail(shown, chosen.size)].join('\n'), shown, total, files: chosen.size };
}

/** Every declaration, and every file without one, the highest rank first; a line that declares two is one entry each. */
function entriesOf(ranked: readonly RankedFile[]): readonly { readonly file: RankedFile; readonly definition: number | undefined }[] {
  const entries = ranked.flatMap((file, order): readonly { readonly file: RankedFile; readonly order: number; readonly rank: number; readonly definition: number | undefined }[] =>
    file.definitions.length === 0 ? [{ file, order, rank: file.rank, definition: undefined }] : file.definitions.map(({ rank }, definition) => ({ file, order, rank: rank + ofFile * file.rank, definition })));
  return entries.toSorted((one, other) => other.rank - one.rank || one.order - other.order || (one.definition ?? 0) - (other.definition ?? 0));
}

function headOf({ file, usedBy }: RankedFile): string {
  const users = usedBy.slice(0, usersShown).map(shownName).join(', ');
  return `${shownName(file)}${users === '' ? '' : ` (used in ${users}${usedBy.length > usersShown ? ` and ${usedBy.length - usersShown} more` : ''})`}`;
}

function lineOf({ definitions }: RankedFile, definition: number): string {
  const { line, text } = definitions[definition] as RankedFile['definitions'][number];
  return `  ${line}: ${text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')}`;
}
