import { describe, expect, test } from 'vitest';
import { runGate } from '../src/index.ts';
import { openProject } from './fixture.ts';

const tsconfig = JSON.stringify({ compilerOptions: { strict: true, noEmit: true, types: [] }, include: ['*.ts'] });
const old = "export const old: number = 'text';\n";

describe('types', () => {
  test('reject what is new, and let what the base had be', async () => {
    const workspace = await openProject({ 'tsconfig.json': tsconfig, 'old.ts': old }, 'modules');
    await workspace.write('old.ts', `\n\n${old}`);
    expect(await runGate({ workspace, only: ['types'] })).toMatchObject({ verdict: 'accepted', gates: [{ gate: 'types', message: '0 new findings, 1 in all' }] });
    await workspace.write('new.ts', "export const one: string = 1;\n");
    const report = await runGate({ workspace, only: ['types'] });
    expect(report).toMatchObject({ verdict: 'rejected', findings: [{ rule: 'TS2322', category: 'type', file: 'new.ts', line: 1, isNew: true }, { file: 'old.ts', isNew: false }] });
    expect(report.evidence[0]).toMatchObject({ kind: 'types', command: ['tsc', '--noEmit', '--pretty', 'false', '-p', 'tsconfig.json'], toolVersions: { typescript: expect.any(String) as string }, results: { resources: { head: { peakProcesses: expect.any(Number) as number }, base: { cpuMs: expect.any(Number) as number } } } });
  });

  test('are unavailable without a configuration, and inconclusive when the compiler cannot run', async () => {
    expect(await runGate({ workspace: await openProject({ 'a.ts': '' }), only: ['types'] })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'unavailable', message: 'the project has no tsconfig.json' }] });
    const workspace = await openProject({ 'tsconfig.json': tsconfig, 'a.ts': 'export {};' }, 'modules');
    await workspace.write('tsconfig.json', '{ "include": ["nothing/*.ts"] }');
    expect((await runGate({ workspace, only: ['types'] })).verdict).not.toBe('accepted');
  });
});

describe('lint', () => {
  const config = "export default [{ rules: { 'no-var': 'error', 'no-console': 'warn' } }];\n";

  test('rejects a new error by the project’s own rules', async () => {
    const workspace = await openProject({ 'package.json': '{"type":"module"}', 'eslint.config.js': config, 'a.js': 'var a = 1;\nexport { a };\n' }, 'modules');
    await workspace.write('b.js', 'console.log(1);\n');
    expect(await runGate({ workspace, only: ['lint'] })).toMatchObject({ verdict: 'accepted' });
    await workspace.write('b.js', 'var b = 1;\nexport { b };\n');
    expect(await runGate({ workspace, only: ['lint'] })).toMatchObject({ verdict: 'rejected', findings: [{ rule: 'no-var', file: 'b.js', line: 1, isNew: true }, { file: 'a.js', isNew: false }] });
  });

  test('is inconclusive when the change breaks it, and unavailable when it never ran', async () => {
    const workspace = await openProject({ 'package.json': '{"type":"module"}', 'eslint.config.js': config, 'a.js': '' }, 'modules');
    await workspace.write('eslint.config.js', 'throw new Error("no");');
    expect(await runGate({ workspace, only: ['lint'] })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'inconclusive' }] });
    expect(await runGate({ workspace: await openProject({ 'a.js': '' }), only: ['lint'] })).toMatchObject({ gates: [{ status: 'unavailable' }] });
  });
});
