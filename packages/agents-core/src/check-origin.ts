import { createHash } from 'node:crypto';
import { AgentError } from './agent-error.ts';

/**
 * Compares the bytes of a file with what was written down: `sha512-` or `sha256-` and base64, as npm and browsers have
 * it, several apart by blanks; one that fits is enough.
 * @throws AgentError `FW_AGENT_INTEGRITY`, naming both; or for a text that is no such hash.
 */
export function checkIntegrity(name: string, bytes: Uint8Array, integrity: string): void {
  const wanted = integrity.trim().split(/\s+/);
  const wrong = wanted.find((hash) => !/^sha(?:256|512)-[A-Za-z0-9+/]{43,86}={0,2}$/.test(hash));
  if (wrong !== undefined) throw new AgentError('FW_AGENT_INTEGRITY', { message: `"${wrong.slice(0, 100)}" is no integrity of "${name}": write sha512- or sha256- and the hash in base64.` });
  const found = wanted.map((hash) => hashOf(bytes, hash.slice(0, 6)));
  if (wanted.some((hash, index) => hash === found[index])) return;
  throw new AgentError('FW_AGENT_INTEGRITY', { message: `"${name}" is not what was expected: its file has ${found[0]}, not ${wanted[0]}. Look at what changed before you take the new hash.` });
}

/**
 * Compares a version with the one that is asked for: itself, `^1.2.3` (the same first number that is not 0) or `~1.2.3`
 * (the same first two), each from that version on.
 * @throws AgentError `FW_AGENT_VERSION`, naming both; or for a range of another kind.
 */
export function checkVersion(name: string, version: string | undefined, range: string): void {
  const match = /^([~^]?)(\d+\.\d+\.\d+(?:-[\w.-]+)?)$/.exec(range);
  if (match === null) throw new AgentError('FW_AGENT_VERSION', { message: `"${range}" is no version for "${name}": write 1.2.3, ^1.2.3 or ~1.2.3.` });
  const [, kind = '', least = ''] = match;
  if (version !== undefined && (version === least || isWithin(version, kind, least))) return;
  throw new AgentError('FW_AGENT_VERSION', { message: `"${name}" has ${version === undefined ? 'no version' : `version ${version}`}; ${range} is asked for.` });
}

function isWithin(version: string, kind: string, least: string): boolean {
  if (kind === '' || !/^\d+\.\d+\.\d+$/.test(version)) return false;
  const [have, want] = [version, least].map((text) => text.split('-')[0]!.split('.').map(Number));
  const fixed = kind === '~' ? 2 : Math.max(1, want!.findIndex((number) => number > 0) + 1);
  const first = have!.findIndex((number, index) => number !== want![index]);
  return first === -1 || (first >= fixed && have![first]! > want![first]!);
}

function hashOf(bytes: Uint8Array, algorithm: string): string {
  return `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;
}
