import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { policy, runGate, verifyReport } from '../src/index.ts';
import { openProject, packageJson } from './fixture.ts';

const project = { 'package.json': packageJson('node --test'), 'sum.js': 'export const sum = (a, b) => a + b;\n', 'test/sum.test.js': "import test from 'node:test';\ntest('a', () => {});\n" };
const acceptance = "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../sum.js';\ntest('the secret sum', () => assert.equal(sum(20, 22), 42));\n";

function sealedFolder(files: { readonly [file: string]: string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'fw-sealed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return folder;
}

test('sealed tests decide, whatever a change puts in their place, and what they say is told to nobody', async () => {
  const workspace = await openProject(project);
  const sealed = sealedFolder({ 'test/accept.test.js': acceptance });
  const judge = (): ReturnType<typeof runGate> => runGate({ workspace, sealed, only: ['seal'] });
  expect(await judge()).toMatchObject({ verdict: 'accepted', gates: [{ gate: 'seal', status: 'passed', message: expect.stringMatching(/^1 sealed tests passed \(sha256 [0-9a-f]{64}\)$/) as string }] });
  await workspace.write('sum.js', 'export const sum = () => 1;\n');
  await workspace.write('test/accept.test.js', "import test from 'node:test';\ntest('the secret sum', () => {});\n");
  const before = await workspace.snapshot();
  const report = await judge();
  expect(report).toMatchObject({ verdict: 'rejected', gates: [{ status: 'failed', message: expect.stringMatching(/^1 of 1 sealed tests did not pass/) as string }] });
  expect(JSON.stringify(report)).not.toMatch(/secret sum|20, 22/);
  expect(await workspace.snapshot()).toBe(before);
});

test('without sealed tests the gate is unavailable, and a folder without any is inconclusive or refused', async () => {
  const workspace = await openProject(project);
  expect(await runGate({ workspace, only: ['seal'], policy: policy() })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'unavailable' }] });
  expect(await runGate({ workspace, only: ['seal'], sealed: sealedFolder({ 'README.md': '' }) })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'inconclusive' }] });
  await expect(runGate({ workspace, sealed: sealedFolder({}) })).rejects.toMatchObject({ code: 'FW_TESTING_SEALED' });
});

test('a report with sealed tests holds when measured again with the same ones, and is refused with others or none', async () => {
  const workspace = await openProject(project);
  const sealed = sealedFolder({ 'test/accept.test.js': acceptance });
  await workspace.write('sum.js', 'export const sum = (a, b) => b + a;\n');
  const report = await runGate({ workspace, sealed, only: ['seal'] });
  expect(await verifyReport(report, { rerun: true, workspace, sealed })).toMatchObject({ holds: true, checks: [{}, {}, {}, { check: 'rerun', status: 'passed', message: '1 records have the same results; measured again it is accepted' }] });
  const refused = (message: string): object => ({ code: 'FW_TESTING_SEALED', message: expect.stringContaining(message) as string });
  await expect(verifyReport(report, { rerun: true, workspace })).rejects.toMatchObject(refused('fw judge verify <report> --rerun --sealed <folder>'));
  await expect(verifyReport(report, { rerun: true, workspace, sealed: sealedFolder({ 'test/accept.test.js': `${acceptance}\n` }) })).rejects.toMatchObject(refused('Give the folder as it was'));
  expect(await verifyReport(report)).toMatchObject({ holds: true });
  const plain = await runGate({ workspace, only: ['secrets'] });
  await expect(verifyReport(plain, { rerun: true, workspace, sealed })).rejects.toMatchObject(refused('Leave --sealed out'));
});
