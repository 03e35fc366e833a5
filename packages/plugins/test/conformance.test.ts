import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { testPlugin } from '../src/conformance.ts';
import { scaffoldPlugin } from '../src/scaffold.ts';
import { keptFolder, removeKeptFolders } from './plugin-folder.ts';

// The examples' own tests, as their authors would run them.
import '../../../examples/plugins/acme/test/acme.test.js';
import '../../../examples/plugins/tickets/test/tickets.test.js';

// What `fw plugin new` makes is a plugin as it stands.
const folder = keptFolder();
for (const [path, content] of Object.entries(scaffoldPlugin({ id: 'fresh' }))) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content.replace("'@fw/plugins'", JSON.stringify(new URL('../src/plugin.ts', import.meta.url).href)));
}
afterAll(removeKeptFolders);
testPlugin('of the scaffold', folder);
