// npm run bench -- <package>: runs packages/<package>/bench/*.bench.ts one after the other; each prints JSON lines.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const [name] = process.argv.slice(2);
const all = globSync('packages/*/bench/*.bench.ts').sort();
const chosen = all.filter((file) => file.split(/[\\/]/)[1] === name);
if (chosen.length === 0) {
  console.error(`Usage: npm run bench -- <package>. With benchmarks: ${[...new Set(all.map((file) => file.split(/[\\/]/)[1]))].join(', ') || 'none'}.`);
  process.exit(2);
}
console.log(`node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`);
for (const file of chosen) {
  console.log(file);
  const { status } = spawnSync(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', file], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
