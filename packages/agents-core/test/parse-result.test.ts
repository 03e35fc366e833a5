import { describe, expect, it } from 'vitest';
import { parseResult } from '../src/index.ts';

const artifact = { id: 'a', kind: 'note', title: '', schema: 'note@1', content: { text: 'x' }, producer: { agent: 'a', version: '1.0.0', key: 'k' } };
const circular: Record<string, unknown> = {};
circular['self'] = circular;
let doubling: unknown = [];
for (let depth = 0; depth < 60; depth++) doubling = [doubling, doubling];

describe('a result from outside', () => {
  it.each([
    { status: 'done', artifacts: [artifact] },
    { status: 'revise', artifacts: [], requests: [{ id: 'r', what: 'rename', where: { file: 'a.ts', line: 3 }, evidence: ['e'] }] },
    { status: 'failed', artifacts: [], code: 'X', message: '' },
  ])('is given back when it fits: $status', (result) => {
    expect(parseResult(result, 'a')).toEqual(result);
  });

  it('is copied, each member read once', () => {
    let reads = 0;
    const result = { get status() { return reads++ === 0 ? 'done' : 'failed'; }, artifacts: [], extra: true };
    expect(parseResult(result, 'a')).toEqual({ status: 'done', artifacts: [] });
  });

  it('keeps a member named __proto__ as data', () => {
    const content = JSON.parse('{"__proto__":{"polluted":true}}') as unknown;
    const result = parseResult({ status: 'done', artifacts: [{ ...artifact, content }] }, 'a');
    expect(JSON.stringify(result.artifacts[0]?.content)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /result is undefined/],
    ['a word', 'done', /expected object/i],
    ['another status', { status: 'ok', artifacts: [] }, /status/],
    ['no artifacts', { status: 'done' }, /artifacts/],
    ['an artifact without content', { status: 'done', artifacts: [{ ...artifact, content: undefined }] }, /content: is missing/],
    ['a schema without a version', { status: 'done', artifacts: [{ ...artifact, schema: 'note' }] }, /name@version/],
    ['a date', { status: 'done', artifacts: [{ ...artifact, content: new Date(0) }] }, /artifacts\[0\]\.content is not a plain object/],
    ['a function', { status: 'done', artifacts: [{ ...artifact, content: { run() {} } }] }, /content\.run is function/],
    ['not a number', { status: 'done', artifacts: [{ ...artifact, content: NaN }] }, /content is NaN/],
    ['a circle', { status: 'done', artifacts: [{ ...artifact, content: circular }] }, /contains itself/],
    ['a value that doubles itself', { status: 'done', artifacts: [{ ...artifact, content: doubling }] }, /more than 200000 values/],
    ['a getter that throws', { get status() { throw new Error('x'); } }, /reading it failed/],
    ['requests without words', { status: 'revise', artifacts: [], requests: [{ id: 'r', what: '', evidence: [] }] }, /requests\.0\.what/],
  ])('is refused: %s', (_, value, message) => {
    expect(() => parseResult(value, 'bad')).toThrow(expect.objectContaining({ code: 'FW_AGENT_INVALID', message: expect.stringMatching(message) }));
    expect(() => parseResult(value, 'bad')).toThrow('Agent "bad"');
  });
});
