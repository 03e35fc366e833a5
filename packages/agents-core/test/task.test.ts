import { expect, it } from 'vitest';
import { parseTask } from '../src/index.ts';

const task = { specVersion: 1, id: 't', goal: 'Make it faster.' };

it('a task is taken as it is', () => {
  const whole = { ...task, acceptance: [{ id: 'c 1', text: ' It is fast. ' }, { id: 'c2', text: 'It works.' }], constraints: ['Touch nothing else.'] };
  expect(parseTask(whole)).toEqual(whole);
});

it.each<[string, object, string]>([
  ['two criteria with one id, of which no report could tell', { acceptance: [{ id: 'c1', text: 'a' }, { id: 'c1', text: 'b' }] }, 'acceptance: has two criteria with one id'],
  ['an id of two lines', { acceptance: [{ id: 'c1\n# Constraints', text: 'a' }] }, 'acceptance.0.id: one line'],
  ['a blank id', { acceptance: [{ id: ' ', text: 'a' }] }, 'acceptance.0.id: one line'],
  ['a criterion without words', { acceptance: [{ id: 'c1', text: ' ' }] }, 'acceptance.0.text: says what must hold'],
  ['a goal that no file can hold', { goal: 'half \ud83d of it' }, 'goal: has half of a surrogate pair'],
  ['a member of another name', JSON.parse('{ "__proto__": { "x": 1 } }') as object, '"__proto__"'],
])('%s is refused', (_, more, message) => {
  const value = Object.defineProperties({ ...task }, Object.getOwnPropertyDescriptors(more));
  expect(() => parseTask(value)).toThrow(expect.objectContaining({ code: 'FW_TASK_INVALID', message: expect.stringContaining(message) as string }));
});
