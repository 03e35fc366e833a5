// The gate on a package of this repository: accepted as it is, rejected with an operator flipped that its own tests detect.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));
const flip = { file: 'packages/models/src/duration.ts', from: 'Number(amount) * ', to: 'Number(amount) + ' };

const folder = mkdtempSync(join(tmpdir(), 'fw-judge-'));
const clone = join(folder, 'clone');
let failed = false;
try {
  execFileSync('git', ['clone', '-q', '--local', repository, clone]);
  copyModules(join(repository, 'node_modules'), join(clone, 'node_modules'));
  expectVerdict('accepted');
  const file = join(clone, flip.file);
  const text = readFileSync(file, 'utf8');
  if (!text.includes(flip.from)) throw new Error(`${flip.file} has no "${flip.from}" to flip.`);
  writeFileSync(file, text.replace(flip.from, flip.to));
  expectVerdict('rejected');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

/** As npm would install it: links to packages of the repository are relative, and so lead to the clone's own. */
function copyModules(from, to) {
  // Hard links where both are on one disk.
  if (spawnSync('cp', ['-al', from, to], { stdio: 'ignore' }).status === 0) return;
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', from, to]);
}

function expectVerdict(wanted) {
  const startedAt = performance.now();
  const judged = spawnSync(process.execPath, [join(repository, 'apps/reference/bin/fw.js'), 'judge', join(clone, 'packages/models'), '--only', 'tests', '--output', 'json'], {
    encoding: 'utf8', env: { PATH: process.env.PATH, FW_HOME: join(folder, 'home') }, maxBuffer: 64 * 1024 * 1024,
  });
  const { verdict, tests, gates } = judged.stdout === '' ? {} : JSON.parse(judged.stdout);
  const ok = verdict === wanted;
  failed ||= !ok;
  console.log(`${ok ? 'ok    ' : 'FAILED'} fw judge packages/models: ${verdict ?? judged.stderr.trim()}, ${tests?.passed ?? 0} passed, ${(tests?.failed ?? 0) + (tests?.errored ?? 0)} failed (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (!ok) console.log(`       ${gates?.map(({ gate, message }) => `${gate}: ${message}`).join('\n       ') ?? ''}`);
}
