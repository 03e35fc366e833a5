#!/usr/bin/env node
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const here = import.meta.dirname;
const usage = 'Usage: npm create fw-plugin <id> [folder]. The id has small letters, digits and "-", at most 64, a letter first.';
const [id, folder = `fw-plugin-${id}`, ...more] = process.argv.slice(2);

if (id === '--version') console.log(JSON.parse(readFileSync(join(here, '../package.json'), 'utf8')).version);
else if (id === '--help') console.log(usage);
else process.exitCode = await create();

/** Writes a new plugin; 2 for what cannot be meant. */
async function create() {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(id ?? '') || more.length > 0) return refuse(usage);
  const target = resolve(folder);
  if (existsSync(target) && readdirSync(target).length > 0) return refuse(`${target} is there already and not empty. Choose another id or folder.`);
  // In a checkout that is not built the source stands beside.
  const built = new URL('../dist/scaffold.js', import.meta.url);
  const { scaffoldPlugin } = await import((existsSync(built) ? built : new URL('../../plugins/src/scaffold.ts', import.meta.url)).href);
  for (const [file, content] of Object.entries(scaffoldPlugin({ id }))) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(join(target, file), content);
  }
  console.log(`${target} is made. Next: cd ${folder} && npm install && npm test`);
  return 0;
}

function refuse(message) {
  console.error(`create-fw-plugin: ${message}`);
  return 2;
}
