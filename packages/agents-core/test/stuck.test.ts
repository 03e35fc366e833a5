import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRepetitionWatch, findRepeatedText } from '../src/index.ts';
import type { Json } from '../src/index.ts';
import { commandOf, turnOf } from '../src/loop-turn.ts';
import { findStuck, findVainCompaction, timedOutCommands } from '../src/stuck.ts';
import type { LoopTurn } from '../src/loop-turn.ts';

/** `a` is a call that always answers the same; `a=1` one whose answer is 1; `idle` a turn without a usable call. */
function turnsOf(script: string): LoopTurn[] {
  return script.split(' ').map((turn, index) => {
    const exchanges = turn === 'idle' ? [] : turn.split('+').map((item) => {
      const [name = '', answer = 'same'] = item.split('=');
      const changed = answer === 'none' ? { meta: { changed: [] } } : {};
      return { turn: index + 1, call: { id: `${index}`, name: name.replace(/\d+$/, ''), arguments: { of: name } }, output: { ok: answer !== 'failed', text: answer, ...changed } };
    });
    return turnOf(exchanges, { isIdle: turn === 'idle', changing: ['edit', 'run'] });
  });
}

/** The rule and action of the first turn that has a sign, and of every later one. */
function signs(script: string): string[] {
  const turns = turnsOf(script);
  return turns.flatMap((_, index) => {
    const sign = findStuck(turns.slice(0, index + 1));
    return sign === undefined ? [] : [`${index + 1} ${sign.rule} ${sign.action}`];
  });
}

describe('the stuck rules', () => {
  it.each([
    ['different calls', 'a b c d e f g h', []],
    ['an equal call twice', 'a a', []],
    ['an equal call four times', 'a a a a', ['3 S1 note', '4 S1 stop']],
    ['equal calls with reads of other things between them', 'a b a c a d a', ['5 S1 note', '7 S1 stop']],
    ['an equal call with another result each time', 'a=1 a=2 a=3 a=4', []],
    ['equal calls side by side in one turn', 'a+a+a+a+a b', []],
    ['tests after each edit', 'test edit1 test edit2 test edit3 test edit4 test', []],
    ['tests after edits that failed', 'test edit1=failed test edit2=failed test edit3=failed test', ['5 S1 note', '7 S1 stop']],
    ['a command that changes nothing between them', 'test run1=none test run2=none test run3=none test', ['5 S1 note', '7 S1 stop']],
    ['an equal command that changes files', 'run run run run', ['3 S1 note', '4 S1 stop']],
    ['two calls in turn, three rounds', 'edit1 edit2 edit1 edit2 edit1 edit2', ['6 S3 stop']],
    ['two calls in turn, the last round different', 'edit1 edit2 edit1 edit2 edit1 edit3', []],
    ['five calls in turn, three rounds', 'edit1 edit2 edit3 edit4 edit5 edit1 edit2 edit3 edit4 edit5 edit1 edit2 edit3 edit4 edit5', ['15 S3 stop']],
    ['a round within one turn', 'edit1+edit2 edit1+edit2 edit1+edit2', ['3 S3 stop']],
    ['three idle turns', 'idle idle idle', ['3 S6 stop']],
    ['idle turns with work between them', 'idle idle a idle idle b', []],
  ])('%s', (_, script, expected) => {
    expect(signs(script)).toEqual(expected);
  });

  it.each([
    ['the same error', 'a=failed a=failed a=failed', ['2 S2 note', '3 S2 stop']],
    ['the same error with a read between', 'a=failed b a=failed c a=failed', ['3 S2 note', '5 S2 stop']],
    ['an error after each change', 'a=failed edit1 a=failed edit2 a=failed edit3 a=failed', []],
    ['different errors', 'a=failed b=failed c=failed', []],
  ])('%s', (_, script, expected) => {
    expect(signs(script)).toEqual(expected);
  });

  it('sees through run ids, times and durations', () => {
    const turns = (meta: Json, text: string): LoopTurn => turnOf([{ turn: 1, call: { id: '', name: 'test', arguments: {} }, output: { ok: true, text, meta } }], { isIdle: false, changing: [] });
    const four = [
      turns({ run: 'a#1', durationMs: 12 }, 'run a#1: 1 failed in 1.2s at 2026-01-02T03:04:05Z'),
      turns({ run: 'a#2', durationMs: 13 }, 'run a#2: 1 failed in 40 ms at 2026-01-02T03:04:06.789Z'),
      turns({ run: 'r"3', durationMs: 1e-7 }, 'run r"3: 1 failed in 3s at 2026-01-02 03:05'),
      turns({ run: 'r4', durationMs: -1 }, 'run r4: 1 failed in 4s at 2026-01-02 03:05'),
    ];
    expect(findStuck(four)?.action).toBe('stop');
  });

  const session = (calls: readonly (readonly [name: string, input: Json, output: Json, tree?: string])[]): string[] => {
    const turns: LoopTurn[] = [];
    return calls.flatMap(([name, input, output, tree], index) => {
      turns.push(turnOf([{ turn: index + 1, call: { id: `${index}`, name, arguments: input }, output }], { isIdle: false, changing: ['edit_file', 'run'], ...(tree === undefined ? {} : { tree }) }));
      const sign = findStuck(turns);
      return sign === undefined ? [] : [`${index + 1} ${sign.rule} ${sign.action}`];
    });
  };
  const edit = (index: number, tree: string) => ['edit_file', { path: 'a.ts', edits: index }, { ok: true, text: `edit ${index}` }, tree] as const;
  const failing = (run: string, ...names: string[]) => ['run_tests', { scope: 'all' }, { ok: names.length === 0, ...(names.length > 0 ? { code: 'failed' } : {}), text: `run ${run}`, meta: { run, failing: names } }] as const;
  const read = (path: string, start?: number, end?: number) => ['read_file', { path, ...(start === undefined ? {} : { start, end: end ?? start }) }, { ok: true, text: `${path} ${start}`, meta: start === undefined ? {} : { start, end: end ?? start } }, 't'] as const;

  it('S2: another edit of one file that fails in the same way is the same error; of another file it is not', () => {
    const fail = (path: string, old: string) => ['edit_file', { path, old }, { ok: false, code: 'not_found', text: 'not found' }, 't'] as const;
    expect(session([fail('a', '1'), fail('a', '2'), fail('a', '3')])).toEqual(['2 S2 note', '3 S2 stop']);
    expect(session([fail('a', '1'), fail('b', '1'), fail('c', '1'), fail('d', '1')])).toEqual([]);
  });

  it('S3: takes a round for a cycle only when its files recur', () => {
    const round = (tree: string) => [['edit_file', { path: 'a' }, { ok: true, text: '1' }, tree], ['run', { command: 'x' }, { ok: true, text: '2' }, tree]] as const;
    expect(session([...round('1'), ...round('2'), ...round('3')])).toEqual([]);
    expect(session([...round('1'), ...round('1'), ...round('1')])).toContain('6 S3 stop');
  });

  it('S4: notes files that went back to what they were, and stops when they do so again with nothing new', () => {
    const edits = (trees: string) => session([...trees].map((tree, index) => edit(index, tree)));
    expect(edits('ABABA')).toEqual(['3 S4 note', '4 S4 note', '5 S4 stop']);
    expect(edits('ABACADAEAFA')).toEqual(['3 S4 note', '11 S4 stop']);
    expect(edits('ABCDEF')).toEqual([]);
    expect(session([read('a'), read('b'), read('c')])).toEqual([]);
  });

  it('S4: does not stop work that looks at the state before each change and comes back', () => {
    const steps = Array.from({ length: 40 }, (_, index) => [edit(index, `t${index + 1}`), ['run', { command: `stash ${index}` }, { ok: true, text: '' }, `t${index}`] as const, ['run', { command: `pop ${index}` }, { ok: true, text: '' }, `t${index + 1}`] as const]);
    expect(session([edit(-1, 't0'), ...steps.flat()]).filter((sign) => sign.endsWith('stop'))).toEqual([]);
  });

  it('S5: asks for another plan after three groups of edits with the same failing tests, and stops after five', () => {
    const group = (index: number, ...names: string[]) => [edit(index, `t${index}`), [...failing(`r${index}`, ...names), `t${index}`] as const] as const;
    expect(session([1, 2, 3, 4, 5].flatMap((index) => group(index, 'a', 'b')))).toEqual(['6 S5 note', '10 S5 stop']);
    expect(session([...group(1, 'a'), ...group(2, 'a'), ...group(3, 'b'), ...group(4, 'b'), ...group(5), ...group(6, 'b')])).toEqual([]);
  });

  it('S5: takes the first so many cases of a run for the failing ones, whatever else the answer says', () => {
    const run = (index: number, name: string) => ['run_tests', {}, { ok: false, code: 'failed', text: `message ${index}`, meta: { failed: 1, cases: [name, `fine ${index}`] } }, `t${index}`] as const;
    const groups = (nameOf: (index: number) => string) => session([1, 2, 3].flatMap((index) => [edit(index, `t${index}`), run(index, nameOf(index))] as const));
    expect(groups(() => 'a')).toEqual(['6 S5 note']);
    expect(groups((index) => `a${index}`)).toEqual([]);
  });

  it('S7: notes twelve reads that show nothing new, and stops at twenty', () => {
    const known = [read('a', 1, 200), read('b', 1, 200)];
    const again = (count: number) => Array.from({ length: count }, (_, index) => read(index % 2 === 0 ? 'a' : 'b', index + 1, index + 20));
    expect(session([...known, ...again(20)])).toEqual(['14 S7 note', '22 S7 stop']);
    expect(session([...known, ...again(11), read('a', 190, 210), ...again(11)])).toEqual([]);
    expect(session([...known, ...again(11), edit(1, 't2'), ...again(11).map(([name, input, output]) => [name, input, output, 't2'] as const)])).toEqual([]);
  });

  it('S8: a text that says one thing eight times in a row is cut; tables, rules and code are not', () => {
    const chunk = 'I will now read the file again. ';
    expect(findRepeatedText(`Well. ${chunk.repeat(8)}`)?.chunk).toHaveLength(chunk.length);
    expect(findRepeatedText(`Well. ${chunk.repeat(7)}`)).toBeUndefined();
    expect(findRepeatedText(`${'-'.repeat(500)}\n${'| --- '.repeat(100)}\n${'0, '.repeat(300)}${'=-'.repeat(200)}`)).toBeUndefined();
    const watch = createRepetitionWatch();
    const pushes = Array.from({ length: 40 }, () => watch.push(chunk));
    expect(pushes.indexOf(true)).toBe(7);
    const healthy = createRepetitionWatch();
    expect(Array.from({ length: 400 }, (_, index) => healthy.push(`Line ${index} of a text that goes on. `)).some(Boolean)).toBe(false);
  });

  it('S8: finds just what a search of every period at every place finds', () => {
    const letters = (text: string): number => new Set(text.match(/\p{L}/gu)).size;
    const isEndless = (text: string): boolean => {
      for (let period = 16; period <= 2_000 && period * 8 <= text.length; period++) {
        for (let at = period, equal = 0; at < text.length; at++) {
          equal = text[at] === text[at - period] ? equal + 1 : 0;
          if (equal >= period * 7 && letters(text.slice(at - period + 1, at + 1)) >= 6) return true;
        }
      }
      return false;
    };
    const piece = fc.oneof(fc.string({ unit: fc.constantFrom(...'abcdefgh -\n'), minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 60 }).map((count) => 'a'.repeat(count)));
    const chunk = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''));
    const part = fc.oneof(chunk, fc.tuple(chunk, fc.integer({ min: 7, max: 10 })).map(([text, count]) => text.repeat(count)), fc.integer({ max: 300, min: 1 }).map((count) => '-'.repeat(count)));
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const text = parts.join('');
      const found = findRepeatedText(text);
      expect(found !== undefined).toBe(isEndless(text));
      if (found !== undefined) expect(text.slice(found.keep - found.chunk.length, found.keep + found.chunk.length * 7)).toBe(found.chunk.repeat(8));
    }), { numRuns: 60 });
  });

  it.each(['a', 'ab ', '\n', '1234567890', `${'a'.repeat(500)} and `, `${'-'.repeat(17)}|`])('S8: looks through a million characters of %j, and through a stream of them', (unit) => {
    const text = unit.repeat(1_000_000 / unit.length);
    findRepeatedText(text);
    const watch = createRepetitionWatch();
    for (let at = 0; at < text.length; at += 100) watch.push(text.slice(at, at + 100));
  });

  it('S9: names a command that ran out of time three times, also with more time, until the files change', () => {
    const slow = (timeout: number, index: number) => turnOf([{ turn: index, call: { id: '', name: 'run', arguments: { command: 'npm test', timeout_s: timeout } }, output: { ok: false, code: 'timeout', text: `after ${timeout}` } }], { isIdle: false, changing: [], tree: 't' });
    const turns = [slow(1, 1), slow(2, 2), slow(3, 3)];
    expect([...timedOutCommands(turns)]).toEqual([commandOf('run', { timeout_s: 9, command: 'npm test' })]);
    expect([...timedOutCommands(turns.slice(1))]).toEqual([]);
    expect([...timedOutCommands([...turns, turnOf([], { isIdle: false, changing: [], tree: 'u' })])]).toEqual([]);
  });

  it('S10: stops when three compactions in a row gain under a tenth', () => {
    expect(findVainCompaction([0.5, 0.05, 0.09, 0])).toMatchObject({ rule: 'S10', action: 'stop' });
    expect(findVainCompaction([0.05, 0.09, 0.1])).toBeUndefined();
    expect(findVainCompaction([0.01, 0.01])).toBeUndefined();
  });

  it('S1 and S7: asking again for what was taken out of the conversation is no repetition', () => {
    const turn = (isForgotten: boolean): LoopTurn => ({ ...turnOf([{ turn: 1, call: { id: '', name: 'read_file', arguments: { path: 'a' } }, output: { ok: true, text: 'x' } }], { isIdle: false, changing: [], tree: 't' }), isForgotten });
    expect(findStuck([turn(true), turn(true), turn(true), turn(false)])).toBeUndefined();
    expect(findStuck([turn(false), turn(false), turn(false)])?.action).toBe('note');
  });

  it('does not stop sessions of 450 turns that read, edit, test, fail, revert once in a while and go on', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => {
      let at = seed;
      const draw = (below: number): number => (at = (at * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
      const calls: (readonly [string, Json, Json, string])[] = [];
      let tree = 't0';
      for (let step = 0; calls.length < 450; step++) {
        calls.push(['read_file', { path: `src/${draw(60)}.ts`, start: step * 10 + 1, end: step * 10 + 40 }, { ok: true, text: `lines ${step}`, meta: { start: step * 10 + 1, end: step * 10 + 40 } }, tree]);
        if (draw(3) === 0) calls.push(['search', { pattern: `word${step}` }, { ok: true, text: draw(2) === 0 ? 'No matches.' : `hit ${step}` }, tree]);
        if (draw(9) === 0) calls.push(['edit_file', { path: `src/${step}.ts` }, { ok: false, code: 'not_found', text: `closest ${step}` }, tree]);
        const before = tree;
        tree = `t${step + 1}`;
        calls.push(['edit_file', { path: `src/${draw(60)}.ts`, edits: step }, { ok: true, text: `edit ${step}` }, tree]);
        if (draw(15) === 0) calls.push(['run', { command: `git stash ${step}` }, { ok: true, text: '' }, before]);
        const failed = step % 4 === 3 ? [] : [`test ${step >> 1}`];
        calls.push(['run_tests', { scope: 'related' }, { ok: failed.length === 0, ...(failed.length > 0 ? { code: 'failed' } : {}), text: `run ${step}: ${failed.length} failed in ${draw(90)} ms`, meta: { run: `r${step}`, failing: failed } }, tree]);
      }
      expect(session(calls).filter((sign) => sign.endsWith('stop'))).toEqual([]);
    }), { numRuns: 8 });
  });

  it('does not stop a healthy session of 450 turns', () => {
    const script = Array.from({ length: 150 }, (_, index) => `read${index} edit${index} test`).join(' ');
    expect(signs(script)).toEqual([]);
  });
});
