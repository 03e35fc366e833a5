import { posix } from 'node:path';
import type { Finding, TaskWorkspace } from '@fw/agents-core';
import { sourceOf } from './dependencies/locked-package.ts';
import type { LockedPackage } from './dependencies/locked-package.ts';
import { lockFiles, readLockFile } from './dependencies/read-lock-file.ts';
import { lineOfKey, readManifest } from './dependencies/read-manifest.ts';
import { inBatches } from './in-batches.ts';
import type { ValidatorInput } from './validator.ts';

const maxFiles = 2_000;

/** Files of the tree that say what is installed. */
export async function dependencyFiles(workspace: TaskWorkspace, tree: string): Promise<readonly string[]> {
  const files = await workspace.files(tree);
  return files.filter((file) => isLock(file) || posix.basename(file) === 'package.json').slice(0, maxFiles);
}

/** What a change does to what is installed: added packages, their scripts, where they come from, and what vouches for their content. */
export async function findDependencyProblems({ workspace, base, head, signal }: ValidatorInput): Promise<readonly Finding[]> {
  signal?.throwIfAborted();
  if (base === head) return [];
  const changed = (await workspace.changes(base, head)).filter(({ file, status }) => status !== 'deleted' && (isLock(file) || posix.basename(file) === 'package.json') && !/(^|\/)node_modules\//.test(file)).slice(0, maxFiles);
  const found = await inBatches(changed, async ({ file, status }) => {
    signal?.throwIfAborted();
    const [before, now] = [status === 'added' ? undefined : await workspace.show(base, file), await workspace.show(head, file)];
    if (now === undefined) return [];
    return isLock(file) ? compareLocks(file, before, now) : compareManifests(file, before, now);
  });
  return found.flat();
}

function isLock(file: string): boolean {
  return lockFiles.some((name) => posix.basename(file) === name);
}

type Say = (rule: string, severity: Finding['severity'], line: number, message: string) => void;

function collector(file: string): { readonly say: Say; readonly findings: Finding[] } {
  const findings: Finding[] = [];
  return { findings, say: (rule, severity, line, message) => void findings.push({ source: 'dependencies', rule, category: 'dependency', severity, file, line, message, isNew: true }) };
}

function compareLocks(file: string, before: string | undefined, now: string): readonly Finding[] {
  const { say, findings } = collector(file);
  const head = readLockFile(file, now);
  if (head === undefined) {
    say('unreadable', 'medium', 0, 'This lock file cannot be read any more.');
    return findings;
  }
  const base = before === undefined ? undefined : readLockFile(file, before);
  const old = new Map<string, LockedPackage[]>();
  for (const one of base ?? []) old.set(one.name, [...(old.get(one.name) ?? []), one]);
  const hosts = new Set((base ?? []).map((one) => sourceOf(one)).filter(({ type }) => type === 'registry').map(({ host }) => host));
  for (const one of head) compareLocked(one, old.get(one.name) ?? [], { say, hosts, isFirst: base === undefined, expectsIntegrity: base?.some(({ integrity }) => integrity !== '') ?? head.some(({ integrity }) => integrity !== '') });
  return findings;
}

interface Surroundings {
  readonly say: Say;
  /** Registries that the base's lock file names. */
  readonly hosts: ReadonlySet<string>;
  readonly isFirst: boolean;
  readonly expectsIntegrity: boolean;
}

function compareLocked(one: LockedPackage, before: readonly LockedPackage[], { say, hosts, isFirst, expectsIntegrity }: Surroundings): void {
  const id = `${one.name}@${one.version}`;
  const same = before.find((old) => old.version === one.version);
  const source = sourceOf(one);
  // One version has one content.
  if (same !== undefined && same.integrity !== '' && one.integrity !== same.integrity) {
    say(one.integrity === '' ? 'integrity-missing' : 'integrity-changed', 'critical', one.line, one.integrity === '' ? `${id} has lost the hash of its content, which the base has.` : `${id} has another hash of its content than on the base, under the same version.`);
    return;
  }
  if (same !== undefined && same.resolved === one.resolved) return;
  const oldSources = before.map(sourceOf);
  if (!isFirst && before.length === 0) say('new-dependency', 'low', one.line, `${id} is new${source.host === '' ? '' : `, from ${source.host}`}.`);
  if (one.hasInstallScript === true && !before.some((old) => old.hasInstallScript !== false)) say('install-script', isFirst ? 'low' : 'medium', one.line, `${id} runs a script when it is installed${before.length === 0 ? '' : ', which no version on the base does'}.`);
  if ((source.type === 'git' || source.type === 'http') && !oldSources.some((old) => old.type === source.type && old.host === source.host)) {
    say(source.type === 'git' ? 'git-source' : 'http-source', isFirst ? 'low' : 'high', one.line, `${id} comes from ${source.type === 'git' ? 'a git repository' : 'an address'}, not from a registry: ${one.resolved === '' ? one.version : one.resolved}.`);
  } else if (source.type === 'registry' && source.host !== '' && !isFirst && hosts.size > 0 && !hosts.has(source.host)) {
    say('registry-changed', 'high', one.line, `${id} comes from ${source.host}; packages of the base come from ${[...hosts].slice(0, 3).join(', ')}.`);
  }
  if (one.integrity === '' && expectsIntegrity && (source.type === 'registry' || source.type === 'http') && !before.some((old) => old.integrity === '')) say('integrity-missing', isFirst ? 'low' : 'medium', one.line, `${id} has no hash of its content.`);
}

function compareManifests(file: string, before: string | undefined, now: string): readonly Finding[] {
  const { say, findings } = collector(file);
  const [head, base] = [readManifest(now), before === undefined ? undefined : readManifest(before)];
  if (head === undefined) return findings;
  for (const [name, wanted] of head.dependencies) {
    const old = base?.dependencies.get(name);
    if (old === wanted) continue;
    if (base !== undefined && old === undefined) say('new-dependency', 'low', lineOfKey(now, name), `${name} (${wanted}) is asked for, and was not on the base.`);
    const { type } = sourceOf({ resolved: '', version: wanted });
    if ((type === 'git' || type === 'http' || /^[\w.-]+\/[\w.-]+(#.*)?$/.test(wanted)) && base !== undefined) say(type === 'http' ? 'http-source' : 'git-source', 'high', lineOfKey(now, name), `${name} is asked for from ${type === 'http' ? 'an address' : 'a git repository'}, not from a registry: ${wanted}.`);
  }
  for (const [name, script] of head.installScripts) {
    if (base === undefined || base.installScripts.get(name) === script) continue;
    // `prepare` runs for those who work on the project; the others for everybody who installs it.
    say('install-script', name === 'prepare' || name === 'prepublish' ? 'low' : 'medium', lineOfKey(now, name), `The script "${name}" is ${base.installScripts.has(name) ? 'changed' : 'new'} and runs when this package is installed: ${script.slice(0, 200)}`);
  }
  return findings;
}
