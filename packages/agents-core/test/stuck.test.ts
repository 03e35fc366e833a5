import { describe, expect, it } from 'vitest';
import type { Json } from '../src/index.ts';
import { findStuck, turnOf } from '../src/stuck.ts';
import type { LoopTurn } from '../src/stuck.ts';

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

  it('does not stop a healthy session of 450 turns', () => {
    const script = Array.from({ length: 150 }, (_, index) => `read${index} edit${index} test`).join(' ');
    expect(signs(script)).toEqual([]);
  });
});
