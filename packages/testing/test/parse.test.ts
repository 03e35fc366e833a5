import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIstanbulCoverage } from '../src/istanbul-coverage.ts';
import { parseJunit } from '../src/parse-junit.ts';
import { parseNodeEvents } from '../src/parse-node-events.ts';
import { parseVitestJson } from '../src/parse-vitest-json.ts';
import { parseWords, splitScript } from '../src/shell-words.ts';
import { readTestScript } from '../src/test-script.ts';
import { readV8Coverage } from '../src/v8-coverage.ts';

const vitestReport = JSON.stringify({ testResults: [{ name: '/p/a.test.ts', status: 'passed', assertionResults: [{ ancestorTitles: ['s'], title: 'a', status: 'passed', duration: 1 }] }] });
const junit = '<testsuites><testsuite name="s"><testcase name="a" file="/p/a.test.js" time="1"/></testsuite></testsuites>';
const events = ['{"type":"begin"}', '{"type":"start","name":"a","nesting":0,"file":"/p/a.test.js"}', '{"type":"pass","name":"a","nesting":0,"file":"/p/a.test.js"}', '{"type":"end"}'].join('\n');

describe('result files', () => {
  const parsers = { vitest: [parseVitestJson, vitestReport], junit: [parseJunit, junit], 'node:test': [parseNodeEvents, events] } as const;

  for (const [name, [parse, good]] of Object.entries(parsers)) {
    test(`reads what ${name} wrote`, () => {
      expect(parse(good, '/p')).toMatchObject({ status: 'read', cases: [{ status: 'passed', file: expect.stringContaining('a.test.') as string }] });
    });

    test(`never throws on garbage in place of ${name}`, () => {
      fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.json().map((one) => `{"testResults":[${one}]}`)), (text) => void parse(text, '/p')));
      expect(parse('', '/p').status).toBe('unusable');
      expect(parse('\u0000\u0001', '/p').status).toBe('unusable');
    });
  }

  test('does not take a cut report for a whole one', () => {
    expect(parseVitestJson(vitestReport.slice(0, -20), '/p').status).toBe('unusable');
    expect(parseNodeEvents(events.slice(0, -14), '/p')).toMatchObject({ status: 'unusable', cases: [{ status: 'passed' }] });
    expect(parseJunit(junit.slice(0, -20), '/p').status).toBe('unusable');
  });

  test('refuses a JUnit report with a document type, and survives deep nesting', () => {
    expect(parseJunit(`<!DOCTYPE a [<!ENTITY b "c">]>${junit}`, '/p').status).toBe('unusable');
    expect(() => parseJunit('<testsuite>'.repeat(5_000) + '</testsuite>'.repeat(5_000), '/p')).not.toThrow();
  });

  test('says that damaged coverage is unavailable', async () => {
    expect(parseIstanbulCoverage('{', '/p').status).toBe('unavailable');
    expect(parseIstanbulCoverage('{"a":5}', '/p').status).toBe('unavailable');
    expect(await readV8Coverage([], '/p')).toMatchObject({ status: 'unavailable' });
    expect(await readV8Coverage(['{'], '/p')).toMatchObject({ status: 'unavailable' });
  });
});

describe('test scripts', () => {
  const commands = (scripts: { readonly [name: string]: string }): readonly string[] => readTestScript(scripts).commands.map((command) => command.words.map((word) => word.value).join(' '));

  test('finds the runner behind other scripts, wrappers and environment', () => {
    expect(commands({ test: 'npm run test:unit && npm run test:typescript', 'test:unit': 'c8 --100 node --test', 'test:typescript': 'tstyche' })).toEqual(['node --test']);
    expect(commands({ test: 'npm run lint && npm run unit', lint: 'eslint .', unit: 'cross-env NODE_ENV=test npx vitest run --coverage' })).toEqual(['vitest run --coverage']);
    expect(commands({ test: 'c8 -r text --check-coverage tsx --test "src/**/*.test.ts"' })).toEqual(['tsx --test src/**/*.test.ts']);
    expect(readTestScript({ test: 'TZ=UTC node --test' }).commands[0]?.env).toEqual({ TZ: 'UTC' });
  });

  test('keeps builds that come first, and leaves linters out', () => {
    expect(readTestScript({ pretest: 'npm run build', build: 'tsc && cp a b', test: 'eslint . && tsc --noEmit && vitest; echo done' }).prepare).toEqual(['tsc', 'cp a b']);
  });

  test('names runners that it cannot read', () => {
    expect(readTestScript({ test: 'jest --ci' }).unsupported).toBe('jest');
    expect(readTestScript({ test: 'npm run a && npm run b', a: 'node --test', b: 'mocha' }).unsupported).toBe('mocha');
    expect(readTestScript({ test: 'node test.js' })).toEqual({ runner: 'unknown', prepare: [], commands: [] });
    expect(readTestScript({ test: 'npm test' })).toMatchObject({ runner: 'unknown' });
  });

  test('leaves alone what only a shell understands', () => {
    expect(splitScript('a && b; c')).toEqual(['a', 'b', 'c']);
    expect(splitScript('a "x && y" && b')).toEqual(['a "x && y"', 'b']);
    expect(splitScript('a | b && c')).toEqual(['a | b && c']);
    expect(parseWords('a > b')).toBeUndefined();
    expect(parseWords(`a 'b c' "d" *.js`)).toMatchObject([{ value: 'a' }, { value: 'b c', plain: true }, { value: 'd' }, { value: '*.js', plain: false }]);
    fc.assert(fc.property(fc.string(), (text) => void readTestScript({ test: text })));
  });
});
