import { readJson } from '@nx/devkit';
import type { Tree } from '@nx/devkit';
import { scaffoldPlugin } from '../../../../packages/plugins/src/scaffold.ts';

export interface PluginOptions {
  /** Of the plugin. */
  readonly id: string;
  /** Folder that it is made in. */
  readonly directory?: string;
}

/** Writes `<directory>/fw-plugin-<id>`: a plugin with a test, a README and a CI file, as `fw plugin new` makes it. */
export default function generatePlugin(tree: Tree, { id, directory = 'examples/plugins' }: PluginOptions): void {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(id)) throw new Error(`"${id}" cannot be the id of a plugin: small letters, digits and "-", at most 64, a letter first.`);
  const folder = `${directory}/fw-plugin-${id}`;
  if (tree.exists(`${folder}/package.json`)) throw new Error(`${folder} exists already. Choose another id, or remove it first.`);
  const { version } = readJson<{ version: string }>(tree, 'packages/plugins/package.json');
  for (const [path, content] of Object.entries(scaffoldPlugin({ id, range: `^${version}` }))) tree.write(`${folder}/${path}`, content);
}
