// npm run proof -- <name>: runs the proof of that name of a package or the app and keeps its last log and commit in docs/proofs/<name>.md.
import { execFileSync, spawn } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const [name, ...args] = process.argv.slice(2);
const known = globSync('{packages,apps}/*/proofs/*.proof.ts').map((file) => ({ name: basename(file, '.proof.ts'), file }));
const proof = known.find((candidate) => candidate.name === name);
// One at a time: what follows a name is that proof's own.
if (!proof || args.some((arg) => known.some((other) => other.name === arg))) {
  console.error(`Usage: npm run proof -- <name>. Proofs: ${known.map((candidate) => candidate.name).sort().join(', ') || 'none'}.`);
  process.exit(2);
}

const startedAt = new Date();
const lines = [];
const child = spawn(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', proof.file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
child.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  lines.push(text);
});
child.on('close', (code) => {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  const dirty = execFileSync('git', ['status', '--porcelain', '--', 'packages'], { encoding: 'utf8' }).trim() !== '';
  mkdirSync('docs/proofs', { recursive: true });
  writeFileSync(`docs/proofs/${name}.md`, [
    `# ${name}`, '',
    `\`npm run proof -- ${[name, ...args].join(' ')}\` ended with code ${code} after ${Math.round((Date.now() - startedAt.getTime()) / 1000)} s on ${startedAt.toISOString().slice(0, 10)}, Node ${process.version}, commit \`${commit}\`${dirty ? ' with uncommitted changes' : ''}.`, '',
    '```text', lines.join('').trimEnd().split('\n').slice(-200).join('\n'), '```', '',
  ].join('\n'));
  process.exitCode = code ?? 1;
});
