// What starting costs: importing the main entry of each built package and "fw --version", in CPU of a new process beside a
// bare Node; and what a fresh install of @fw/framework brings along, without SDKs:
//   node --conditions=@fw/source bench/start.bench.ts
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repetitions = 11;
const root = fileURLToPath(new URL('../../..', import.meta.url));
interface Manifest {
  readonly dependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
}

const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

measureStarts();
measureInstall();

function measureStarts(): void {
  execFileSync(process.execPath, [join(root, 'node_modules/.bin/nx'), 'run-many', '-t', 'build'], { cwd: root, stdio: 'ignore', env: { ...process.env, NX_DAEMON: 'false' } });
  const count = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);';
  const evaluate = (code: string): readonly string[] => ['--input-type=module', '-e', `${code} ${count}`];
  const entries = readdirSync(join(root, 'packages')).map((name) => ({ name, file: join(root, 'packages', name, 'dist/index.js') })).filter(({ file }) => existsSync(file));
  const starts: { readonly [who: string]: readonly string[] } = {
    'bare node': evaluate(''),
    zod: evaluate('await import("zod");'),
    ...Object.fromEntries(entries.map(({ name, file }) => [`@fw/${name}`, evaluate(`await import(${JSON.stringify(pathToFileURL(file).href)});`)])),
    // It says what it took behind its own output.
    'fw --version': ['--import', `data:text/javascript,${encodeURIComponent(`process.on('exit', () => { ${count} });`)}`, join(root, 'apps/reference/bin/fw.js'), '--version'],
  };
  const samples = new Map<string, number[]>(Object.keys(starts).map((who) => [who, []]));
  for (let turn = 0; turn < repetitions; turn += 1) {
    for (const [who, values] of Object.entries(starts)) samples.get(who)?.push(Number(execFileSync(process.execPath, [...values], { cwd: root, encoding: 'utf8' }).trim().split('\n').at(-1)));
  }
  const median = (who: string): number => samples.get(who)?.toSorted((left, right) => left - right)[repetitions >> 1] ?? Number.NaN;
  for (const who of samples.keys()) {
    const ratioAtMost = who.startsWith('@fw/') ? 2.5 : who === 'fw --version' ? 2 : undefined;
    console.log(JSON.stringify({ work: 'start, CPU', who, value: round(median(who), 1), unit: 'ms', ratio: round(median(who) / median('bare node'), 2), ...(ratioAtMost !== undefined && { ratioAtMost }) }));
  }
}

function measureInstall(): void {
  const found = new Map<string, number>();
  const visit = (folder: string): void => {
    const { dependencies = {}, optionalDependencies = {} } = readManifest(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (name.startsWith('@fw/')) {
        visit(join(root, 'packages', name.slice('@fw/'.length)));
        continue;
      }
      const installed = nearest(folder, name);
      // Those of other platforms are not there.
      if (installed === undefined || found.has(installed)) continue;
      found.set(installed, bytesIn(installed));
      visit(installed);
    }
  };
  visit(join(root, 'packages/framework'));
  const megabytes = [...found.values()].reduce((sum, bytes) => sum + bytes, 0) / 1e6;
  console.log(JSON.stringify({ work: 'third-party packages of a fresh install, without SDKs', who: '@fw/framework', value: found.size, unit: 'packages', atMost: 20 }));
  console.log(JSON.stringify({ work: 'their size', who: '@fw/framework', value: round(megabytes, 1), unit: 'MB', atMost: 25 }));
}

/** As Node looks for it. */
function nearest(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return place;
    if (folder === dirname(folder)) return undefined;
  }
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== 'node_modules').reduce((sum, one) => sum + (one.isDirectory() ? bytesIn(join(folder, one.name)) : statSync(join(folder, one.name)).size), 0);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
