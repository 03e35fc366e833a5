import { describe, expect, test } from 'vitest';
import { testValidator } from '../src/conformance.ts';
import { readLockFile } from '../src/dependencies/read-lock-file.ts';
import { policy, runGate, validators } from '../src/index.ts';
import { openProject } from './fixture.ts';

const hash = (letter: string): string => `sha512-${letter.repeat(86)}==`;
const address = (name: string, version = '1.0.0', host = 'registry.example.org'): string => `https://${host}/${name}/-/${name}-${version}.tgz`;

/** A lock file of npm with these packages. */
function npmLock(packages: { readonly [name: string]: object }): string {
  return JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...Object.fromEntries(Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, { version: '1.0.0', resolved: address(name), integrity: hash('a'), ...entry }])) } }, null, 2);
}

const base = { 'package.json': '{ "dependencies": { "kept": "^1.0.0" } }', 'package-lock.json': npmLock({ kept: {}, built: { hasInstallScript: true } }) };

/** Rules with severities and lines for a change of the lock file. */
async function changed(files: { readonly [file: string]: string }, from: { readonly [file: string]: string } = base): Promise<readonly string[]> {
  const workspace = await openProject(from);
  for (const [file, content] of Object.entries(files)) await workspace.write(file, content);
  const findings = await validators.dependencies().validate({ workspace, base: workspace.base, head: await workspace.snapshot() });
  return findings.map(({ rule, severity, line }) => `${severity} ${rule}:${line}`);
}

testValidator('dependencies', async () => {
  const workspace = await openProject(base);
  await workspace.write('package-lock.json', npmLock({ kept: {}, added: {} }));
  return { validator: validators.dependencies(), workspace, base: workspace.base, head: await workspace.snapshot() };
});

describe('a change of a lock file', () => {
  test('is named where it adds packages, and rejected where they run scripts or come from elsewhere', async () => {
    expect(await changed({ 'package-lock.json': npmLock({ kept: {}, built: { hasInstallScript: true }, added: {} }) })).toEqual(['low new-dependency:16']);
    expect(await changed({ 'package-lock.json': npmLock({ kept: {}, added: { hasInstallScript: true } }) })).toEqual(['low new-dependency:10', 'medium install-script:10']);
    expect(await changed({ 'package-lock.json': npmLock({ kept: { version: '2.0.0', hasInstallScript: true } }) })).toEqual(['medium install-script:5']);
    expect(await changed({ 'package-lock.json': npmLock({ kept: {}, added: { resolved: 'git+ssh://git@git.example.org/a/b.git#1' } }) })).toEqual(['low new-dependency:10', 'high git-source:10']);
    expect(await changed({ 'package-lock.json': npmLock({ kept: {}, added: { resolved: 'http://files.example.org/a.tgz' } }) })).toEqual(['low new-dependency:10', 'high http-source:10']);
    expect(await changed({ 'package-lock.json': npmLock({ kept: { resolved: address('kept', '1.0.0', 'other.example.org') } }) })).toEqual(['high registry-changed:5']);
  });

  test('is rejected where a hash changed under the same version, or is missing', async () => {
    expect(await changed({ 'package-lock.json': npmLock({ kept: { integrity: hash('b') } }) })).toEqual(['critical integrity-changed:5']);
    expect(await changed({ 'package-lock.json': npmLock({ kept: { integrity: undefined } }) })).toEqual(['critical integrity-missing:5']);
    expect(await changed({ 'package-lock.json': npmLock({ kept: {}, added: { integrity: undefined } }) })).toEqual(['low new-dependency:10', 'medium integrity-missing:10']);
  });

  test('is left alone where packages go, move or get newer', async () => {
    expect(await changed({ 'package-lock.json': npmLock({}) })).toEqual([]);
    expect(await changed({ 'package-lock.json': npmLock({ kept: { version: '1.1.0', resolved: address('kept', '1.1.0'), integrity: hash('c') }, built: { version: '2.0.0', hasInstallScript: true } }) })).toEqual([]);
    expect(await changed({ 'web/package-lock.json': base['package-lock.json'] })).toEqual(['low install-script:10']);
  });

  test('is read in the formats of pnpm and yarn', async () => {
    const pnpm = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies: {}\npackages:\n  '@a/b@1.0.0':\n    resolution: {integrity: sha512-x==}\n\n  c@2.0.0:\n    resolution: {tarball: https://codeload.github.com/c/c/tar.gz/1}\n    requiresBuild: true\nsnapshots:\n  d@1.0.0: {}\n";
    expect(readLockFile('pnpm-lock.yaml', pnpm)).toEqual([
      { name: '@a/b', version: '1.0.0', resolved: '', integrity: 'sha512-x==', hasInstallScript: false, line: 6 },
      { name: 'c', version: '2.0.0', resolved: 'https://codeload.github.com/c/c/tar.gz/1', integrity: '', hasInstallScript: true, line: 9 },
    ]);
    const classic = '# yarn lockfile v1\n\n"@a/b@^1.0.0", "@a/b@^1.1.0":\n  version "1.1.0"\n  resolved "https://registry.example.org/@a/b/-/b-1.1.0.tgz#abc"\n  integrity sha512-y==\n  dependencies:\n    c "^1.0.0"\n';
    expect(readLockFile('yarn.lock', classic)).toMatchObject([{ name: '@a/b', version: '1.1.0', resolved: 'https://registry.example.org/@a/b/-/b-1.1.0.tgz', integrity: 'sha512-y==', line: 3 }]);
    const berry = '__metadata:\n  version: 8\n\n"a@npm:^1.0.0":\n  version: 1.2.0\n  resolution: "a@npm:1.2.0"\n  checksum: 10c0/ab\n\n"root@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "root@workspace:."\n';
    expect(readLockFile('yarn.lock', berry)?.filter(({ name }) => name !== '__metadata')).toMatchObject([{ name: 'a', version: '1.2.0', resolved: 'npm:1.2.0', integrity: '10c0/ab' }]);
    expect(readLockFile('package-lock.json', '{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","integrity":"x","dependencies":{"b":{"version":"2.0.0"}}}}}')).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    for (const name of ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock']) expect(() => readLockFile(name, `\u0000{{"${'a'.repeat(10_000)}`)).not.toThrow();
  });
});

test('a change of package.json is named with its line; what runs for everybody who installs is rejected', async () => {
  expect(await changed({ 'package.json': '{\n"dependencies": {\n"kept": "^1.0.0",\n"added": "^2.0.0",\n"fork": "github:a/b"\n},\n"scripts": {\n"postinstall": "node a.js",\n"prepare": "husky"\n}}' })).toEqual(['low new-dependency:4', 'low new-dependency:5', 'high git-source:5', 'medium install-script:8', 'low install-script:9']);
});

test('the dependencies gate says what it did not ask for, and is unavailable without packages', async () => {
  const workspace = await openProject(base);
  await workspace.write('package-lock.json', npmLock({ kept: {}, built: { hasInstallScript: true }, added: {} }));
  expect(await runGate({ workspace, only: ['dependencies'] })).toMatchObject({ verdict: 'accepted', findings: [{ rule: 'new-dependency', category: 'dependency' }], gates: [{ message: '1 new findings, 1 in all; advisories are unavailable: none were asked for' }] });
  expect(await runGate({ workspace, only: ['dependencies'], policy: policy({ dependencies: { rejectFrom: 'low' } }) })).toMatchObject({ verdict: 'rejected' });
  expect(await runGate({ workspace: await openProject({ 'a.js': '' }), only: ['dependencies'] })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'unavailable' }] });
});
