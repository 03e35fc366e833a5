import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFramework } from '@fw/framework';
import type { Config, Framework } from '@fw/framework';
import type { Json } from '@fw/agents-core';
import { configOf, developerOnlyTalks, developerWrites, makeProject } from '../scripted-team.ts';

const seen = await makeProject();

/** Every file of a folder with its bytes. */
async function contents(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name)).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(file));
  return hash.digest('hex');
}

async function run(developer: readonly Json[], more: Config = {}): Promise<{ readonly framework: Framework; readonly home: string; readonly directory: string }> {
  const { directory, home } = await makeProject();
  await writeFile(path.join(directory, 'notes:1'), 'one\ntwo\nthree\n');
  await writeFile(path.join(directory, 'old-name.js'), Array.from({ length: 30 }, (_, index) => `export const value${index} = ${index};\n`).join(''));
  await writeFile(path.join(directory, 'gone.js'), 'export const gone = 1;\n');
  const framework = createFramework({ config: configOf(developer, more), home, sandbox: 'preferred' });
  await framework.execute('Add double(n).', { workspace: directory, id: 'r1' });
  return { framework, home, directory };
}

/** The same with a call before what the developer does. */
const first = (calls: Json): readonly Json[] => [
  { when: { tools: ['finish'], turn: 0 }, then: { toolCalls: calls } },
  ...developerWrites('n * 2').map((one) => {
    const { when, then } = one as { readonly when: { readonly turn?: number }; readonly then: Json };
    return { when: { ...when, ...(when.turn !== undefined && { turn: when.turn + 1 }) }, then };
  }),
];
const command = (text: string): Json => [{ name: 'run', arguments: { command: text } }];

describe('why a line is as it is', () => {
  test('is told by the step that wrote it, its criteria and its tests; of others that the run did not write them', async () => {
    const { framework, home, directory } = await run(first(command("printf 'four\\n' >> notes:1; mv old-name.js new-name.js; sed -i 's/^export const value9 .*/export const value9 = 99;/' new-name.js; rm gone.js")));
    expect(await framework.show('r1')).toMatchObject({ status: 'success', trace: [{ criterion: 'c1', components: ['double'], status: 'proven' }] });
    expect((await framework.log('r1')).filter(({ step, kind }) => step === 'tool.repository_map' && kind === 'step').map(({ state }) => state)).toEqual(['planning', 'analysis']);
    const before = await contents(path.join(home, 'runs'));

    const line = await framework.why('r1', './src/math.js:2');
    expect(line).toMatchObject({
      version: 1, run: 'r1', file: 'src/math.js', line: 2, change: 'modified', changed: true,
      hunks: [{ header: '@@ -1,0 +2 @@', lines: ['+export const double = (n) => n * 2;'] }],
      steps: [{ state: 'implementation', visit: 1, agent: 'developer', tool: 'write_file', lines: [2], revision: 0, requests: [] }],
      criteria: [{ criterion: 'c1', by: ['component'] }],
      coverage: { status: 'measured', executed: [2], notExecuted: [] },
      tests: [{ id: 'test/double.test.js > doubles', status: 'passed', redFirst: true, criteria: ['c1'], reaches: 'imports' }, { id: 'test/one.test.js > is one', criteria: [], reaches: 'imports' }],
    });
    expect((await framework.log('r1')).find(({ seq }) => seq === line.steps[0]?.seq)).toMatchObject({ step: 'tool.write_file', state: 'implementation' });
    expect(await framework.why('r1', `${directory}/src/math.js:1`)).toMatchObject({ change: 'modified', changed: false, hunks: [], steps: [], tests: [] });
    expect(await framework.why('r1', 'package.json')).toMatchObject({ change: 'none', changed: false });

    // A name that ends like a line is the name.
    expect(await framework.why('r1', 'notes:1')).toMatchObject({ file: 'notes:1', line: null, changed: true, steps: [{ tool: 'run', lines: [4] }] });
    expect(await framework.why('r1', 'notes:1:4')).toMatchObject({ file: 'notes:1', line: 4, changed: true, criteria: [] });
    expect(await framework.why('r1', 'notes:1:2')).toMatchObject({ line: 2, changed: false });

    expect(await framework.why('r1', 'new-name.js:10')).toMatchObject({ change: 'renamed', renamedFrom: 'old-name.js', changed: true, steps: [{ tool: 'run', lines: [10] }] });
    expect(await framework.why('r1', 'new-name.js:11')).toMatchObject({ change: 'renamed', renamedFrom: 'old-name.js', changed: false });
    expect(await framework.why('r1', 'old-name.js:10')).toMatchObject({ renamedTo: 'new-name.js', changed: true, steps: [{ tool: 'run' }] });
    expect(await framework.why('r1', 'gone.js')).toMatchObject({ change: 'deleted', changed: true, hunks: [{ lines: ['-export const gone = 1;'] }], steps: [{ tool: 'run', lines: [] }] });

    await expect(framework.why('r1', 'src/maths.js:1')).rejects.toMatchObject({ code: 'FW_PLACE_UNKNOWN' });
    await expect(framework.why('r1', 'src/math.js:9')).rejects.toMatchObject({ code: 'FW_PLACE_UNKNOWN', message: expect.stringContaining('has no line 9') as string });
    await expect(framework.why('r1', 'src/math.js:0')).rejects.toMatchObject({ code: 'FW_PLACE_UNKNOWN' });
    await expect(framework.why('r9', 'src/math.js:1')).rejects.toMatchObject({ code: 'FW_RUN_UNKNOWN' });

    expect(await framework.uncovered('r1')).toMatchObject({
      version: 1, run: 'r1', criteria: [], coverage: { status: 'measured', isCut: false },
      notExecuted: [{ file: 'new-name.js', lines: expect.arrayContaining([10]) as number[] }],
      noCriterion: [{ file: 'gone.js', lines: [] }, { file: 'new-name.js', lines: [10] }, { file: 'notes:1', lines: [4] }],
    });
    expect(await contents(path.join(home, 'runs'))).toBe(before);

    const report = JSON.parse(await readFile(path.join(home, 'runs', 'r1', 'report.json'), 'utf8')) as { readonly trace: unknown };
    expect(report.trace).toEqual((await framework.show('r1')).trace);
    expect(await readFile(path.join(home, 'runs', 'r1', 'report.md'), 'utf8')).toContain('| `c1: double(2) is 4` | new | proven | `double` | `test/double.test.js > doubles` passed, red before (linked by design) |');

    const archive = await framework.export('r1');
    await framework.close();
    const elsewhere = createFramework({ config: {}, home: seen.home });
    expect(await elsewhere.import(archive, { trust: true })).toBe('r1');
    expect(await elsewhere.why('r1', 'src/math.js:2')).toEqual(line);
    await elsewhere.close();
  });

  test('names the revision that it came from, and what was asked for', async () => {
    const mended = "export const one = 1;\nexport const double = (n) => n * 2;\n";
    const again: readonly Json[] = [{ when: { tools: ['finish'], turn: 0, contains: ['# Open requests'] }, then: { toolCalls: [{ name: 'write_file', arguments: { path: 'src/math.js', content: mended, replace: true } }] } }];
    const { framework } = await run([...again, ...developerWrites('n * 3')]);
    const { steps } = await framework.why('r1', 'src/math.js:2');
    expect(steps).toMatchObject([{ visit: 2, revision: 1, requests: [{ what: expect.stringContaining('doubles') as string, evidence: [expect.stringContaining('testing#1') as string] }] }]);
    await framework.close();
  });

  test('is told of runs that failed, and of runs that wait before anything was changed', async () => {
    const failed = await run(developerOnlyTalks);
    expect(await failed.framework.show('r1')).toMatchObject({ status: 'failed' });
    expect(await failed.framework.why('r1', 'src/math.js:1')).toMatchObject({ change: 'none', changed: false });
    expect(await failed.framework.uncovered('r1')).toMatchObject({ criteria: [{ criterion: 'c1', status: 'unproven' }], coverage: { status: 'unavailable' }, notExecuted: [], noCriterion: [] });
    await failed.framework.close();

    const waiting = await run(developerWrites('n * 2'), { workflow: { approvals: ['design'] } });
    expect(await waiting.framework.show('r1')).toMatchObject({ status: 'waiting', trace: [{ criterion: 'c1', status: 'unproven' }] });
    expect(await waiting.framework.why('r1', 'src/math.js')).toMatchObject({ line: null, change: 'none', changed: false });
    expect(await waiting.framework.uncovered('r1')).toMatchObject({ criteria: [{ criterion: 'c1' }], coverage: { status: 'unavailable', reason: 'Coverage was not measured.' } });
    await waiting.framework.close();
  });

  test('is told of a run that is still going on, from another process\'s point of view', async () => {
    const { directory, home } = await makeProject();
    const working = createFramework({ config: configOf(developerWrites('n * 2')), home, sandbox: 'preferred' });
    const watching = createFramework({ config: {}, home });
    const started = await working.start('Add double(n).', { workspace: directory, id: 'r1' });
    for await (const event of started.events()) {
      if (event.type === 'state.entered' && event.state === 'testing') expect(await watching.why('r1', 'src/math.js:2')).toMatchObject({ changed: true, steps: [{ tool: 'write_file' }], criteria: [{ status: 'unproven' }] });
    }
    expect(await started.result()).toMatchObject({ status: 'success' });
    expect(await watching.why('r1', 'src/math.js:2')).toMatchObject({ criteria: [{ status: 'proven' }], coverage: { executed: [2] } });
    await watching.close();
    await working.close();
  });

  test('is told of a fork, whose files lie with the run that it came from until it has its own', async () => {
    const { framework } = await run(developerWrites('n * 2'));
    const end = (await framework.log('r1')).at(-1)?.seq ?? 0;
    const fork = await framework.fork('r1', { at: end, id: 'f1' });
    await fork.result();
    expect(await framework.why('f1', 'src/math.js:2')).toMatchObject({ run: 'f1', changed: true, steps: [{ tool: 'write_file' }] });
    await framework.close();
  });
});
