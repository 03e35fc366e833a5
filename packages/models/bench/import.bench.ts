// What importing the built package costs beside a bare Node and its peers, in CPU of a new process:
//   node --conditions=@fw/source bench/import.bench.ts
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

const repetitions = 15;
const entry = fileURLToPath(new URL('../dist/index.js', import.meta.url));
if (!existsSync(entry)) throw new Error('The package is not built: npx nx build models');
const peers = createRequire(new URL('./peers/package.json', import.meta.url));

const imports: { readonly [who: string]: string | undefined } = {
  'bare node': undefined,
  zod: pathToFileURL(peers.resolve('zod')).href,
  'openai SDK': import.meta.resolve('openai'),
  'AI SDK': pathToFileURL(peers.resolve('ai')).href,
  fw: pathToFileURL(entry).href,
};
const samples = new Map<string, number[]>(Object.keys(imports).map((who) => [who, []]));
for (let turn = 0; turn < repetitions; turn += 1) {
  for (const [who, url] of Object.entries(imports)) samples.get(who)?.push(measure(url));
}
const median = (who: string): number => samples.get(who)?.sort((left, right) => left - right)[repetitions >> 1] ?? Number.NaN;
for (const who of samples.keys()) {
  const ratio = median(who) / median('bare node');
  console.log(JSON.stringify({ work: 'cold import, CPU', who, value: Math.round(median(who) * 10) / 10, unit: 'ms', ratio: Math.round(ratio * 100) / 100, ...(who === 'fw' ? { ratioAtMost: 2.5 } : {}) }));
}

function measure(url: string | undefined): number {
  const code = `${url === undefined ? '' : `await import(${JSON.stringify(url)});`} const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
}
