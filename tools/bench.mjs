// npm run bench [-- <package>…]: runs packages/<package>/bench/*.bench.ts one after the other, and writes what they
// print, JSON lines { work, who, value, unit, ratio?, atMost?, atLeast?, ratioAtMost? }, as tables into docs/benchmarks.md.
// What ours is compared with is installed into packages/<package>/bench/peers.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const files = globSync('packages/*/bench/*.bench.ts').map((file) => file.replaceAll('\\', '/')).sort();
const packageOf = (file) => file.split('/')[1];
const known = [...new Set(files.map(packageOf))];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = chosen.filter((name) => !known.includes(name));
if (unknown.length > 0 || known.length === 0) {
  console.error(`Usage: npm run bench [-- <package>…]. With benchmarks: ${known.join(', ') || 'none'}.`);
  process.exit(2);
}

// Others on the machine change what is measured: the reader is told.
const load = loadavg()[0].toFixed(1);
const missed = [];
for (const name of chosen) {
  const peers = installPeers(`packages/${name}/bench/peers`);
  run('nx', ['build', name]);
  const lines = [];
  for (const file of files.filter((one) => packageOf(one) === name)) lines.push(...(await measure(file)));
  missed.push(...lines.filter(isMissed));
  if (process.exitCode === undefined) writeSection(name, lines, peers);
}
for (const { work, who } of missed) console.error(`missed: ${who}: ${work}`);
if (missed.length > 0) process.exitCode ??= 1;

/** Versions of what is compared, by name. */
function installPeers(folder) {
  if (!existsSync(`${folder}/package.json`)) return {};
  const { dependencies } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const isThere = Object.entries(dependencies).every(([name, version]) => {
    const manifest = `${folder}/node_modules/${name}/package.json`;
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version;
  });
  if (!isThere) run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'], folder, 'What ours is compared with cannot be installed: npm needs a registry for that.');
  return dependencies;
}

function run(command, values, cwd = '.', advice = '') {
  const { status } = spawnSync(command, values, { cwd, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32', env: { ...process.env, NX_DAEMON: 'false' } });
  if (status === 0) return;
  console.error(`${command} ${values.join(' ')} failed. ${advice}`);
  process.exit(1);
}

async function measure(file) {
  console.error(file);
  const child = spawn(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) {
    console.error(`${file} ended with code ${code}.`);
    process.exitCode = 1;
    return [];
  }
  return output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

function isMissed({ value, ratio, atMost = Infinity, atLeast = -Infinity, ratioAtMost = Infinity }) {
  return !(value <= atMost && value >= atLeast && (ratio ?? 0) <= ratioAtMost);
}

/** One section for each package: what was not measured this time stays as it is. */
function writeSection(name, lines, peers) {
  const file = 'docs/benchmarks.md';
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const sections = new Map(before.split(/^(?=## )/m).filter((text) => text.startsWith('## ')).map((text) => [text.slice(3, text.indexOf('\n')), text.trimEnd()]));
  sections.set(name, section(name, lines, peers));
  const head = '# Benchmarks\n\nWritten by `npm run bench`: medians, in one run, beside what others do with the same work. Ratios are to the first bare thing a table names: the SDK, or Node.\n\n';
  writeFileSync(file, `${head}${[...sections.keys()].sort().map((key) => sections.get(key)).join('\n\n')}\n`);
}

function section(name, lines, peers) {
  const versions = { ...versionsOf(lines, name), ...peers };
  const processor = `${process.platform} ${process.arch}, ${cpus().length} cores, load average ${load} at the beginning`;
  const rows = lines.map(({ work, who, value, unit, ratio, atMost, atLeast, ratioAtMost }) => {
    const bound = ratioAtMost !== undefined ? `≤ ${ratioAtMost}×` : atMost !== undefined ? `≤ ${atMost} ${unit}` : atLeast !== undefined ? `≥ ${atLeast} ${unit}` : '';
    return `| ${work} | ${who} | ${value} ${unit} | ${ratio === undefined ? '' : `${ratio}×`} | ${bound} |`;
  });
  return [
    `## ${name}`, '',
    `${[`${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${processor}`, Object.entries(versions).map(([peer, version]) => `${peer} ${version}`).join(', ')].filter((part) => part !== '').join('. ')}.`, '',
    '| work | who | figure | ratio | ours, at most or at least |', '|---|---|---|---|---|', ...rows,
  ].join('\n');
}

/** Of the SDKs that the package itself is developed with. */
function versionsOf(lines, name) {
  const { devDependencies = {} } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
  return Object.fromEntries(Object.entries(devDependencies).filter(([peer]) => lines.some(({ who }) => who.split(' ')[0] === peer)));
}
