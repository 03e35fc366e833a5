import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { link } from './isolated-install.ts';
import type { IsolatedInstall } from './isolated-install.ts';
import { repository } from './published-packages.ts';
import type { PublishedPackage } from './published-packages.ts';

/** What went wrong, in the words of node or tsc; empty when nothing did. */
type Problems = readonly string[];

/** A project that has one package installed and nothing else of ours. */
export interface Consumer {
  /** Imports each entry with bare node: no conditions, no loader. */
  importEntries(): Promise<Problems>;
  /** What of others importing the main entry loads, and which parts of Node that take as long as its start. */
  loadedByImport(): Promise<readonly string[]>;
  /** Compiles exported values inferred from each function, with declarations, strictly. */
  compile(): Promise<Problems>;
  /** Runs each bin with `--version`. */
  runBins(): Promise<Problems>;
}

const compilerOptions = {
  target: 'es2023', lib: ['es2023'], module: 'nodenext', types: ['node'], strict: true, exactOptionalPropertyTypes: true,
  declaration: true, skipLibCheck: false, outDir: 'out', rootDir: '.',
};

export async function createConsumer(install: IsolatedInstall, { name, entries, bins, declared }: PublishedPackage): Promise<Consumer> {
  const folder = join(install.root, 'consumers', name.replace('/', '+'));
  const short = name.replace('@fw/', '');
  await mkdir(folder, { recursive: true });
  await link(install.folderOf(name), join(folder, 'node_modules', name));
  await link(await realpath(join(repository, 'node_modules/@types/node')), join(folder, 'node_modules/@types/node'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const specifiers = entries.map((entry) => name + entry.slice(1));
  const functionsOf = new Map<string, readonly string[]>();

  return {
    async importEntries() {
      const problems: string[] = [];
      for (const specifier of specifiers) {
        await writeFile(join(folder, 'import.mjs'), `import * as entry from ${JSON.stringify(specifier)};\nconsole.log(JSON.stringify(Object.keys(entry).filter((key) => typeof entry[key] === 'function')));\n`);
        const { code, output } = await run(process.execPath, ['import.mjs'], folder);
        // A conformance suite can only be imported inside a vitest run; that it was found and linked is what counts here.
        const needsVitest = declared.includes('vitest') && output.includes('Vitest failed to access its internal state');
        if (code === 0) functionsOf.set(specifier, JSON.parse(output) as readonly string[]);
        else if (!needsVitest) problems.push(`import "${specifier}": ${output}`);
      }
      return problems;
    },
    async loadedByImport() {
      if (!entries.includes('.')) return [];
      await writeFile(join(folder, 'loads.mjs'), watchLoads);
      await writeFile(join(folder, 'main.mjs'), `import ${JSON.stringify(name)};\n`);
      const { output } = await run(process.execPath, ['--import', './loads.mjs', 'main.mjs'], folder);
      return [...new Set(output.split('\n').filter((loaded) => loaded !== '' && !loaded.startsWith('@fw/')))].sort();
    },
    async compile() {
      const own = join(repository, 'tools/checks/consumers', `${short}.ts`);
      if (existsSync(own)) await copyFile(own, join(folder, 'own.ts'));
      await writeFile(join(folder, 'inferred.ts'), inferFrom(specifiers, functionsOf));
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      const { code, output } = await run(process.execPath, [join(repository, 'node_modules/.bin/tsc'), '-p', '.'], folder);
      return code === 0 ? [] : [output];
    },
    async runBins() {
      const results = await Promise.all(bins.map(async (bin) => ({ bin, ...(await run(process.execPath, [join(install.folderOf(name), bin), '--version'], folder)) })));
      return results.filter(({ code }) => code !== 0).map(({ bin, output }) => `${bin} --version: ${output}`);
    },
  };
}

const watchLoads = `
import { registerHooks } from 'node:module';
const slow = ['node:http', 'node:https', 'node:http2', 'node:sqlite'];
registerHooks({
  load(url, context, next) {
    const name = /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? (slow.includes(url) ? url : undefined);
    if (name !== undefined) console.log(name);
    return next(url, context);
  },
});
`;

/** Values whose types tsc has to write down: it can only if each type is reachable from the package. */
function inferFrom(specifiers: readonly string[], functionsOf: ReadonlyMap<string, readonly string[]>): string {
  const lines = [
    'declare function resultOf<T extends (...values: never[]) => unknown>(made: T): Awaited<ReturnType<T>>;',
    'declare function parametersOf<T extends (...values: never[]) => unknown>(made: T): Parameters<T>;',
    'declare function instanceOf<T extends abstract new (...values: never[]) => unknown>(made: T): InstanceType<T>;',
  ];
  for (const [index, specifier] of specifiers.entries()) {
    lines.push(`import * as entry${index} from ${JSON.stringify(specifier)};`, `export { entry${index} };`);
    for (const key of functionsOf.get(specifier) ?? []) {
      const value = `entry${index}.${key}`;
      const isClass = /^[A-Z]/.test(key);
      if (isClass) lines.push(`export const instance${index}${key} = instanceOf(${value});`);
      else lines.push(`export const result${index}${key} = resultOf(${value});`, `export const parameters${index}${key} = parametersOf(${value});`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function run(command: string, values: readonly string[], cwd: string): Promise<{ readonly code: number; readonly output: string }> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && !name.startsWith('VITEST')));
  return new Promise((resolve) => {
    execFile(command, values, { cwd, env, timeout: 120_000, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, output: (error ? stdout + stderr : stdout).trim() });
    });
  });
}
