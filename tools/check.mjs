// npm run check: everything that must hold besides the tests. One line a check; its output only when it fails.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { listPublishedPackages, repository } from './checks/src/published-packages.ts';

const packages = listPublishedPackages();
const knip = 'knip@6.44.2';
const checks = [
  { name: 'lint', run: () => runTool('eslint', ['.', '--max-warnings', '0']) },
  { name: 'boundaries and cycles', run: () => runTool('node', ['tools/check-graph.mjs']) },
  { name: 'project references', run: () => runTool('nx', ['sync:check']) },
  { name: 'build and types', run: () => runTool('nx', ['run-many', '-t', 'build', 'typecheck']) },
  { name: 'packages (publint)', run: () => runEach(packages, ({ folder }) => runTool('publint', ['--strict', folder])) },
  {
    name: 'types as published (attw)',
    run: () => runEach(packages.filter(({ entries }) => entries.length > 0), ({ folder }) => runTool('attw', ['--no-color', '--no-emoji', '--profile', 'esm-only', '--pack', folder])),
  },
  { name: 'unused code (knip)', run: runKnip },
  { name: 'lock file', run: runLockCheck },
];

let failed = 0;
for (const { name, run } of checks) {
  const startedAt = performance.now();
  const { ok, output } = await run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (ok) continue;
  failed += 1;
  console.log(stripVTControlCharacters(output).trimEnd().replace(/^/gm, '       '));
}
if (failed > 0) console.log(`${failed} of ${checks.length} checks failed.`);
process.exitCode = failed > 0 ? 1 : 0;

async function runKnip() {
  const result = await runTool('npx', ['--yes', knip, '--no-progress']);
  const isMissing = !result.ok && /npm error/.test(result.output);
  return isMissing ? { ok: false, output: `${knip} could not be fetched from the registry, so unused code was not looked for.\n${result.output}` } : result;
}

/** npm installs with a lock file that lacks optional packages of other platforms, and then `npm ci` fails there. */
async function runLockCheck() {
  const result = await runTool('npm', ['ci', '--dry-run', '--ignore-scripts']);
  return { ok: result.ok && !result.output.includes('Missing'), output: result.output };
}

async function runEach(items, run) {
  const results = [];
  for (const item of items) results.push(await run(item));
  const bad = results.filter(({ ok }) => !ok);
  return { ok: bad.length === 0 && items.length > 0, output: bad.map(({ output }) => output).join('\n') };
}

function runTool(command, values) {
  const env = {
    ...process.env,
    PATH: join(repository, 'node_modules/.bin') + delimiter + process.env.PATH,
    NX_DAEMON: 'false',
    NX_CACHE_DIRECTORY: join(repository, '.nx/cache'),
  };
  return new Promise((resolve) => {
    const child = spawn(command, values, { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    let output = '';
    child.stdout.on('data', (chunk) => { output += chunk; });
    child.stderr.on('data', (chunk) => { output += chunk; });
    child.on('error', (error) => resolve({ ok: false, output: `${command}: ${error.message}` }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}
