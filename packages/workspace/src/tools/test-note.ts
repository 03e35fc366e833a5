import type { TaskWorkspace } from '@fw/agents-core';
import type { EditedFile } from './edit-notes.ts';

const code = /\.([cm]?[jt]sx?|py|go|rb|rs|java|kt|cs|php)$/;
const namedTest = /[._-](test|spec)\.[^/.]+$|(^|\/)test_[^/]+\.py$|_test\.(py|go|rb)$/;
const testFolder = /(^|\/)(tests?|__tests__|spec)\//;
/** What tests bring along is not a test. */
const brought = /(^|\/)(__snapshots__|__fixtures__|fixtures|snapshots|helpers?|support)\//;
const declaresTest = /\b(test|it|describe|suite|specify)\s*(\.\w+\s*)*\(|^\s*(async\s+)?def test|^func Test/m;

/** A word about tests of the base that an edit has taken lines from; undefined when it has not. */
export async function testNote(workspace: TaskWorkspace, edited: readonly EditedFile[]): Promise<string | undefined> {
  const touched: string[] = [];
  for (const { file, before, after = '' } of edited) {
    if (before === undefined || !code.test(file) || brought.test(file) || !(namedTest.test(file) || (testFolder.test(file) && declaresTest.test(before)))) continue;
    const base = await workspace.show(workspace.base, file).catch(() => undefined);
    if (base !== undefined && losesLines(base, before, after)) touched.push(file);
  }
  return touched.length === 0 ? undefined : `[${touched.slice(0, 10).join(', ')}: an existing test has lost lines that it had on the base. Existing tests are the specification: leave them unless the task itself asks for another behaviour, and say so then.]`;
}

/** Whether lines of the base, blanks aside, stood there before and are gone now. */
function losesLines(base: string, before: string, after: string): boolean {
  const [wanted, had, has] = [countLines(base), countLines(before), countLines(after)];
  return [...wanted].some(([line, count]) => Math.min(count, had.get(line) ?? 0) > (has.get(line) ?? 0));
}

function countLines(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n').map((one) => one.trim())) if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
