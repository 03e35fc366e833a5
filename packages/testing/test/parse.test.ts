import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filesOfConfig, filesOfScript } from '../src/harness-files.ts';
import { parseIstanbulCoverage } from '../src/istanbul-coverage.ts';
import { parseJunit } from '../src/parse-junit.ts';
import { isPlainTestScript, manifestHarness, withOldHarness } from '../src/manifest-harness.ts';
import { parseJestJson } from '../src/parse-jest-json.ts';
import { parseMochaJson } from '../src/parse-mocha-json.ts';
import { parseNodeEvents } from '../src/parse-node-events.ts';
import { readCoverageText } from '../src/read-coverage-text.ts';
import { openSignedLines } from '../src/open-signed-lines.ts';
import { parseTap } from '../src/parse-tap.ts';
import { parseCaseEvents } from '../src/parse-case-events.ts';
import { signLine } from '../src/signed-lines.ts';
import { parseWords, splitScript } from '../src/shell-words.ts';
import { readTestScript } from '../src/test-script.ts';
import { readV8Coverage } from '../src/v8-coverage.ts';

const jestReport = JSON.stringify({ testResults: [{ name: '/p/a.test.ts', status: 'passed', assertionResults: [{ ancestorTitles: ['s'], title: 'a', status: 'passed', duration: 1 }] }] });
const junit = '<testsuites><testsuite name="s"><testcase name="a" file="/p/a.test.js" time="1"/></testsuite></testsuites>';
const events = ['{"type":"begin"}', '{"type":"start","name":"a","nesting":0,"file":"/p/a.test.js"}', '{"type":"pass","name":"a","nesting":0,"file":"/p/a.test.js"}', '{"type":"end"}'].join('\n');

const vitestEvents = ['{"type":"begin"}', '{"type":"case","file":"/p/a.test.js","path":["s","a"],"status":"passed"}', '{"type":"end"}'].join('\n');
const mochaReport = JSON.stringify({ stats: { passes: 1, failures: 0 }, tests: [{ title: 'a', fullTitle: 's a', file: '/p/a.test.js', err: {} }], pending: [], failures: [] });

describe('result files', () => {
  const parsers = { vitest: [parseCaseEvents, vitestEvents], mocha: [parseMochaJson, mochaReport], jest: [parseJestJson, jestReport], junit: [parseJunit, junit], 'node:test': [parseNodeEvents, events] } as const;

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

  test('takes the later of two attempts at one test, and keeps two tests of one name', () => {
    const event = (status: string, attempt: number): string => JSON.stringify({ type: 'case', file: '/p/a.test.js', path: ['a'], status, attempt, ...(attempt > 1 && status === 'passed' ? { flaky: true } : {}) });
    expect(parseCaseEvents([event('failed', 1), event('passed', 2), '{"type":"end"}'].join('\n'), '/p')).toMatchObject({ status: 'read', cases: [{ status: 'passed', flaky: true }] });
    expect(parseCaseEvents([event('failed', 1), event('passed', 1), '{"type":"end"}'].join('\n'), '/p').cases).toHaveLength(2);
  });

  test('reads lcov: files of the workspace alone, each once, with the branches of each line', async () => {
    const text = ['TN:', 'SF:/p/a.js', 'DA:1,2', 'DA:2,0', 'BRDA:1,0,0,2', 'BRDA:1,0,1,-', 'end_of_record', 'SF:b/../c.js', 'DA:1,1', 'end_of_record', 'SF:/p/a.js', 'DA:2,3', 'end_of_record', 'SF:/etc/passwd', 'DA:1,1', 'end_of_record', 'SF:../x.js', 'DA:1,1', 'end_of_record', ''].join('\n');
    const read = await readCoverageText(text, '/p');
    expect(read).toMatchObject({ status: 'measured', coverage: { files: { 'a.js': { covered: [1, 2], uncovered: [], branches: [{ line: 1, covered: true }, { line: 1, covered: false }] } } } });
    expect(read.status === 'measured' ? Object.keys(read.coverage.files) : []).not.toContain('/etc/passwd');
    for (const damaged of ['', 'SF:a.js\nDA:1,1', '{', '{"a":1}', 'DA:1,1\nend_of_record']) expect((await readCoverageText(damaged, '/p')).status).toBe('unavailable');
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom('SF:a.js', 'DA:1,1', 'DA:-1,x', 'BRDA:1,0,0,-', 'BRDA:9', 'end_of_record', 'SF:'), fc.string())), async (lines) => void (await readCoverageText(lines.join('\n'), '/p'))));
  });

  test('reads TAP with subtests, directives and messages', () => {
    const text = ['TAP version 14', '# Subtest: outer', '    # Subtest: inner', '        ok 1 - deep', '        1..1', '    ok 1 - inner # time=1ms', '    not ok 2 - wrong', '      ---', '      operator: equal', '      ...', '    1..2', 'not ok 1 - outer', 'ok 2 - later # SKIP no', 'not ok 3 - soon # TODO', '1..3'].join('\n');
    expect(parseTap(text)).toMatchObject({ status: 'read', cases: [{ id: 'outer > inner > deep', status: 'passed' }, { id: 'outer > wrong', status: 'failed', message: expect.stringContaining('operator: equal') as string }, { id: 'later', status: 'skipped' }, { id: 'soon', status: 'todo' }] });
  });

  test('believes no TAP whose numbers and plan disagree, that gave up, or that is not whole', () => {
    for (const text of ['ok 1 a\nok 1 b\n1..2', 'ok 1 a\n1..2', 'ok 1 a', '1..1\nok 1 a\n1..1', 'ok 1 a\n1..1\nok 2 b', 'Bail out!\n1..0', '']) expect(parseTap(text).status).toBe('unusable');
    fc.assert(fc.property(fc.array(fc.constantFrom('ok', 'not ok 1', 'ok 2 - a # SKIP', '    ok 1', '1..2', '    1..1', '---', '...', '# a', 'Bail out!', 'x')), (lines) => {
      const parsed = parseTap(lines.join('\n'));
      if (parsed.status === 'read') expect(lines.filter((line) => /^(not )?ok/.test(line)).length).toBeGreaterThanOrEqual(parsed.cases.filter((one) => !one.id.includes(' > ')).length);
    }));
    fc.assert(fc.property(fc.string(), (text) => void parseTap(text)));
    expect(() => parseTap(`${' '.repeat(100_000)}ok 1\n`.repeat(20))).not.toThrow();
    expect(parseTap(`ok 1 ${' '.repeat(1_000_000)}x\n1..1`)).toMatchObject({ status: 'read' });
  });

  test('shows lines that the reporter did not sign, and keeps those before', () => {
    const sign = (lines: readonly string[]): string => {
      let last = '';
      return lines.map((line) => `${(last = signLine('secret', last, line))} ${line}`).join('\n');
    };
    expect(openSignedLines(sign(['a', 'b']), 'secret')).toEqual({ text: 'a\nb', whole: true });
    expect(openSignedLines(sign(['a', 'b']), 'other')).toEqual({ text: '', whole: false });
    expect(openSignedLines(`${sign(['a', 'b'])}\n${'0'.repeat(64)} c`, 'secret')).toEqual({ text: 'a\nb', whole: false });
    expect(openSignedLines(sign(['a', 'b', 'c']).split('\n').toSpliced(1, 1).join('\n'), 'secret')).toEqual({ text: 'a', whole: false });
  });

  test('does not take a cut report for a whole one', () => {
    expect(parseJestJson(jestReport.slice(0, -20), '/p').status).toBe('unusable');
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
    expect(readTestScript({ test: 'node --experimental-vm-modules node_modules/jest/bin/jest.js --ci' }).commands).toMatchObject([{ runner: 'jest' }]);
    expect(readTestScript({ test: './node_modules/.bin/mocha test && npx playwright test' }).commands).toMatchObject([{ runner: 'mocha' }, { runner: 'playwright' }]);
    expect(readTestScript({ test: 'TZ=UTC node --test' }).commands[0]?.env).toEqual({ TZ: 'UTC' });
  });

  test('keeps builds that come first, and leaves linters out', () => {
    expect(readTestScript({ pretest: 'npm run build', build: 'tsc && cp a b', test: 'eslint . && tsc --noEmit && vitest; echo done' }).prepare).toEqual(['tsc', 'cp a b']);
  });

  test('names runners that it cannot read', () => {
    expect(readTestScript({ test: 'cypress run' }).unsupported).toBe('cypress');
    expect(readTestScript({ test: 'npm run a && npm run b', a: 'node --test', b: 'uvu' }).unsupported).toBe('uvu');
    expect(readTestScript({ test: 'node test.js' })).toEqual({ prepare: [], commands: [] });
    expect(readTestScript({ test: 'npm test' })).toMatchObject({ commands: [] });
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

describe('manifests', () => {
  test('say what decides about tests, and nothing else', () => {
    const harness = (value: object): unknown => manifestHarness('package.json', JSON.stringify(value));
    expect(harness({ name: 'a', version: '1', dependencies: { b: '1' }, scripts: { lint: 'x', build: 'y' } })).toEqual({});
    expect(harness({ scripts: { pretest: 'npm run build', test: 'node --test', build: 'y', other: 'z' } })).toEqual({ scripts: { pretest: 'npm run build', test: 'node --test', build: 'y' } });
    expect(harness({ name: 'vitest', jest: { bail: true } })).toEqual({ name: 'vitest', jest: { bail: true } });
    expect(harness({ scripts: { test: 'constructor toString __proto__' } })).toEqual({ scripts: { test: 'constructor toString __proto__' } });
    expect(manifestHarness('tsconfig.json', '{ // a\n "compilerOptions": { "strict": true, /* b */ "paths": { "x": ["y"] }, }, }')).toEqual({ paths: { x: ['y'] } });
    expect(manifestHarness('tsconfig.json', '/*'.repeat(200_000))).toBeUndefined();
  });

  test('know a script that only starts a runner', () => {
    for (const script of ['node --test', 'vitest run', 'node --test "test/*.test.js"', 'mocha test/a.spec.js']) expect([script, isPlainTestScript(script)]).toEqual([script, true]);
    for (const script of ['node --test || true', 'vitest --config x', 'echo ok', 'node --import ./x.js --test', 5]) expect([script, isPlainTestScript(script)]).toEqual([script, false]);
  });

  test('are put back without losing the rest', () => {
    const old = withOldHarness('package.json', JSON.stringify({ name: 'vitest', version: '2', scripts: { test: 'true' }, jest: {} }), JSON.stringify({ name: 'a', scripts: { test: 'node --test' } }));
    expect(JSON.parse(old ?? '')).toEqual({ name: 'a', version: '2', scripts: { test: 'node --test' } });
  });

  test('survive anything in their place', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), fc.constantFrom('package.json', 'tsconfig.json'), (text, file) => void manifestHarness(file, text)));
    const files = new Set(['a.js', 'constructor']);
    fc.assert(fc.property(fc.string(), (text) => void [filesOfScript(text, 'package.json', files), filesOfConfig(text, 'vite.config.js', files)]));
    expect(filesOfScript('constructor a', 'package.json', files)).toEqual(['constructor', 'a.js']);
  });
});
