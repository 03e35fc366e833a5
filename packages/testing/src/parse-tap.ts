import { caseId } from './case-id.ts';
import type { ParsedCase, ParsedResults } from './parsed-results.ts';

/** One level of a TAP stream; subtests are indented below their parent, which comes after them. */
interface Level {
  readonly cases: ParsedCase[];
  count: number;
  inOrder: boolean;
  plan: number | undefined;
  /** Name of the test that a comment announced, as tape does. */
  group: string | undefined;
}

/** Reads TAP as tape, tap, ava and others print it. The plan has to be there and to agree with the numbered points. */
export function parseTap(text: string): ParsedResults {
  const levels: Level[] = [createLevel()];
  let last: { readonly level: Level; readonly index: number } | undefined;
  let yaml: { readonly indent: number; readonly lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const content = line.trim();
    if (yaml !== undefined) {
      if (content === '...' && indent <= yaml.indent) {
        if (last !== undefined) addMessage(last, yaml.lines.join('\n'));
        yaml = undefined;
      } else if (yaml.lines.length < 200) {
        yaml.lines.push(line.slice(yaml.indent));
      }
      continue;
    }
    if (content === '---' && last !== undefined) {
      yaml = { indent, lines: [] };
      continue;
    }
    if (/^Bail out!/i.test(content) && indent === 0) return { status: 'unusable', reason: `it gave up: ${content.slice(0, 200)}`, cases: levels[0]?.cases ?? [] };
    const depth = Math.min(Math.floor(indent / 4), 100);
    const point = /^(not )?ok\b(?: (\d{1,9}))?(?: -)?\s*(.*)$/.exec(content);
    const plan = /^1\.\.(\d{1,9})(\s*#.*)?$/.exec(content);
    if (point === null && plan === null) {
      const comment = depth === 0 ? /^# (?!Subtest:|tests |pass |fail |skip |todo |ok$|time=|failed |Failed |#)(.+)$/.exec(line)?.[1] : undefined;
      const top = levels[0];
      if (comment !== undefined && top !== undefined) top.group = comment.trim();
      continue;
    }
    while (levels.length <= depth) levels.push(createLevel());
    const level = levels[depth];
    if (level === undefined) continue;
    if (plan !== null) level.plan = level.plan === undefined ? Number(plan[1]) : -1;
    if (point === null) continue;
    level.count++;
    level.inOrder &&= point[2] === undefined || Number(point[2]) === level.count;
    const below = levels.splice(depth + 1);
    last = addPoint(level, point[1] !== undefined, point[3] ?? '', below[0]?.cases ?? []);
  }
  const top = levels[0] ?? createLevel();
  if (levels.length > 1 || top.plan === undefined) return { status: 'unusable', reason: 'it ended before all tests had run', cases: top.cases };
  if (top.plan !== top.count || !top.inOrder) return { status: 'unusable', reason: `its TAP plans ${top.plan} points and has ${top.count}, or they are not numbered in order`, cases: top.cases };
  return { status: 'read', cases: top.cases };
}

function createLevel(): Level {
  return { cases: [], count: 0, inOrder: true, plan: undefined, group: undefined };
}

function addPoint(level: Level, failed: boolean, description: string, below: readonly ParsedCase[]): { readonly level: Level; readonly index: number } {
  const directive = /(?<!\\)#\s*(skip|todo)\b/i.exec(description);
  const name = (directive === null ? description : description.slice(0, directive.index)).replace(/# time=[\d.]+m?s( \{)?$/, '').trim();
  for (const test of below) level.cases.push({ ...test, id: caseId(name, [test.id]) });
  const explained = below.length > 0 && (!failed || below.some((test) => test.status === 'failed' || test.status === 'errored'));
  if (explained) return { level, index: -1 };
  const path = level.group === undefined ? [] : [level.group];
  const id = [...path, name].join(' > ');
  const kind = directive?.[1]?.toLowerCase();
  const status = kind === 'skip' ? 'skipped' : kind === 'todo' ? 'todo' : !failed ? 'passed' : below.length > 0 ? 'errored' : 'failed';
  level.cases.push({ id, file: '', name, status, durationMs: 0, ...(status === 'failed' || status === 'errored' ? { message: name, failure: 'assertion' as const } : {}) });
  return { level, index: level.cases.length - 1 };
}

/** What was thrown is an error, what was compared an assertion. */
function addMessage({ level, index }: { readonly level: Level; readonly index: number }, yaml: string): void {
  const test = level.cases[index];
  if (test?.failure === undefined) return;
  const thrown = /operator: error|Error thrown in test|failureType: '?(uncaughtException|hookFailed)/.test(yaml);
  level.cases[index] = { ...test, message: `${test.name}\n${yaml}`.slice(0, 8_000), failure: thrown ? 'error' : 'assertion' };
}
