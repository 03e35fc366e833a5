// How well the security gate tells vulnerable code from mended code, and how often it speaks of published packages.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { analyseProject } from '../src/security/analyse-project.ts';
import { measureCorpus } from '../test/security-corpus.ts';

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
let hasFailed = false;

for (const half of ['tuning', 'held-out'] as const) {
  const outcomes = await measureCorpus(half);
  console.log(`${half}: ${outcomes.length} pairs`);
  for (const category of [...new Set(outcomes.map((one) => one.category))]) {
    const own = outcomes.filter((one) => one.category === category);
    console.log(`  ${category.padEnd(20)} found ${own.filter((one) => one.isFound).length} of ${own.length}, mended but flagged ${own.filter((one) => one.falseAlarms.length > 0).length}`);
  }
  const found = outcomes.filter((one) => one.isFound).length;
  const flagged = outcomes.filter((one) => one.falseAlarms.length > 0).length;
  console.log(`  recall ${percent(found, outcomes.length)}, false positives ${percent(flagged, outcomes.length)}`);
  hasFailed ||= found / outcomes.length < 0.8 || flagged / outcomes.length > 0.1;
}

// Installed packages, as they were published: hardly any of them has a known weakness, so most of what is said here is wrong or by design.
const modules = join(import.meta.dirname, '../../../node_modules');
const names = readdirSync(modules).flatMap((name) => (name.startsWith('.') || name === '@fw' ? [] : name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]));
const total = { packages: 0, files: 0, characters: 0, flagged: 0, flaggedPackages: 0, partly: 0 };
const byCategory = new Map<string, number>();
const startedAt = performance.now();
for (const name of names) {
  const files = readPackage(join(modules, name));
  if (files.size === 0) continue;
  const { problems, partly } = await analyseProject({ files });
  total.packages += 1;
  total.files += files.size;
  total.characters += [...files.values()].reduce((sum, text) => sum + text.length, 0);
  total.flagged += new Set(problems.map((problem) => problem.file)).size;
  total.flaggedPackages += problems.length > 0 ? 1 : 0;
  total.partly += partly.length;
  for (const { category } of problems) byCategory.set(category, (byCategory.get(category) ?? 0) + 1);
}
console.log(`installed packages: ${total.packages}, ${total.files} files, ${(total.characters / 1e6).toFixed(0)} MB in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
console.log(`  files flagged ${total.flagged} (${percent(total.flagged, total.files)}), packages ${total.flaggedPackages} (${percent(total.flaggedPackages, total.packages)}), looked at in part ${total.partly} files`);
console.log(`  ${[...byCategory].map(([category, count]) => `${category} ${count}`).join(', ')}`);
process.exitCode = hasFailed ? 1 : 0;

function readPackage(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  const walk = (directory: string, path: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (files.size >= 120 || entry.name === 'node_modules' || entry.name === 'test' || (entry.name === 'dist' && path !== '')) continue;
      const file = join(directory, entry.name);
      if (entry.isDirectory()) walk(file, `${path}${entry.name}/`);
      else if (entry.isFile() && /\.[cm]?js$/.test(entry.name) && statSync(file).size < 200_000) files.set(path + entry.name, readFileSync(file, 'utf8'));
    }
  };
  if (statSync(folder).isDirectory()) walk(folder, '');
  return files;
}
