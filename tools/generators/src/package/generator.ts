import { generateFiles, names, readJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { join } from 'node:path';

export interface PackageOptions {
  /** Name of the folder, without `@fw/`. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
}

const architecture = 'docs/architecture.md';

/** Writes `packages/<name>` like its neighbours and adds it to the arrows, as a package that imports none of ours. */
export default function generatePackage(tree: Tree, { name, description }: PackageOptions): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) throw new Error(`"${name}" is no name for a package: small letters and digits in words joined by "-".`);
  const folder = `packages/${name}`;
  if (tree.exists(folder)) throw new Error(`${folder} exists already. Choose another name, or remove it first.`);
  const { version } = readJson<{ version: string }>(tree, 'packages/models/package.json');
  generateFiles(tree, join(import.meta.dirname, 'files'), folder, { ...names(name), description: JSON.stringify(description).slice(1, -1), version, tmpl: '' });
  tree.write(architecture, addToArrows(tree.read(architecture, 'utf8') ?? '', name));
}

function addToArrows(text: string, name: string): string {
  const block = /(```arrows\n[\s\S]*?)(```)/.exec(text);
  if (!block) throw new Error(`${architecture} has no \`\`\`arrows block to add ${name} to.`);
  return text.replace(block[0], () => `${block[1]}${name}\n${block[2]}`);
}
