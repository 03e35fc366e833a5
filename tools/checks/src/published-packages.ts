import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PublishedPackage {
  readonly name: string;
  readonly version: string;
  /** Absolute. */
  readonly folder: string;
  /** Entries that hold JavaScript: `.`, `./conformance`, … */
  readonly entries: readonly string[];
  readonly bins: readonly string[];
  /** Everything that the package says it may import. */
  readonly declared: readonly string[];
  readonly optional: readonly string[];
}

export const repository: string = fileURLToPath(new URL('../../..', import.meta.url));

/** Every package of this repository that is published, by name. */
export function listPublishedPackages(): readonly PublishedPackage[] {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(repository, group)).map((name) => join(repository, group, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => describe(folder, manifest))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly exports?: { readonly [entry: string]: unknown };
  readonly bin?: { readonly [name: string]: string };
  readonly dependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
  readonly peerDependenciesMeta?: { readonly [name: string]: { readonly optional?: boolean } };
}

function describe(folder: string, manifest: Manifest): PublishedPackage {
  const { name, version, exports = {}, bin = {}, dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  return {
    name,
    version,
    folder,
    entries: Object.keys(exports).filter((entry) => !entry.endsWith('.json')),
    bins: Object.values(bin),
    declared: Object.keys({ ...dependencies, ...peerDependencies }),
    optional: Object.keys(peerDependenciesMeta).filter((peer) => peerDependenciesMeta[peer]?.optional === true),
  };
}
