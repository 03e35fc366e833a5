import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testValidator } from '../src/conformance.ts';
import { runGate, validators } from '../src/index.ts';
import { analyseProject } from '../src/security/analyse-project.ts';
import { judgeExpression } from '../src/security/regex/judge-expression.ts';
import { openProject } from './fixture.ts';
import { measureCorpus } from './security-corpus.ts';

const vulnerable = "const { exec } = require('child_process');\nexports.ping = (host, done) => {\n  exec('ping -c 1 ' + host, done);\n};\n";
const fixed = "const { execFile } = require('child_process');\nexports.ping = (host, done) => {\n  execFile('ping', ['-c', '1', host], done);\n};\n";

/** Categories with their lines in one file. */
async function found(text: string, file = 'index.js'): Promise<readonly string[]> {
  const { problems } = await analyseProject({ files: new Map([[file, text]]) });
  return problems.map(({ category, line }) => `${category}:${line}`);
}

describe('the corpus of vulnerable and mended code', () => {
  test.each(['tuning', 'held-out'] as const)('is told apart: %s', async (half) => {
    const outcomes = await measureCorpus(half);
    expect(outcomes.length).toBeGreaterThanOrEqual(30);
    expect(outcomes.filter((one) => one.isFound).length / outcomes.length).toBeGreaterThanOrEqual(0.9);
    expect(outcomes.filter((one) => one.falseAlarms.length > 0).length / outcomes.length).toBeLessThanOrEqual(0.05);
  });
});

testValidator('security', async () => {
  const workspace = await openProject({ 'index.js': fixed });
  await workspace.write('index.js', vulnerable);
  return { validator: validators.security(), workspace, base: workspace.base, head: await workspace.snapshot() };
});

describe('the security gate', () => {
  test('rejects a vulnerable change with category, file and line, and accepts the mended one', async () => {
    const workspace = await openProject({ 'index.js': fixed });
    await workspace.write('index.js', vulnerable);
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({
      verdict: 'rejected', gates: [{ gate: 'security', status: 'failed', message: '1 new findings: index.js:3 shell-command' }],
      findings: [{ validator: 'security', category: 'command-injection', severity: 'high', file: 'index.js', line: 3, isNew: true }],
    });
    await workspace.write('index.js', `${fixed}exports.version = 2;\n`);
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'accepted', findings: [] });
  });

  test('says which changed files it cannot read, and is unavailable where that is all', async () => {
    const workspace = await openProject({ 'index.js': fixed });
    await workspace.write('tool.py', 'import os, sys\nos.system(sys.argv[1])\n');
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'inconclusive', gates: [{ status: 'unavailable', message: 'it reads JavaScript and TypeScript alone, and what is to be judged is Python' }] });
    await workspace.write('index.js', `${fixed}exports.other = 1;\n`);
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'accepted', gates: [{ message: '0 new findings, 0 in all; not read: Python' }] });
    await workspace.write('index.js', vulnerable);
    await workspace.write('page.vue', '<template></template>\n');
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'rejected', gates: [{ message: '1 new findings: index.js:3 shell-command; not read: Python, Vue' }] });
  });

  test('names what the base has without holding it against a change that moves, renames or rewrites it', async () => {
    const workspace = await openProject({ 'index.js': vulnerable });
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'accepted', findings: [{ line: 3, isNew: false }] });
    await workspace.write('index.js', "exports.ping = require('./ping.js').ping;\n");
    await workspace.write('ping.js', `// moved\n${vulnerable.replaceAll('host', 'target')}`);
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'accepted', findings: [{ file: 'ping.js', line: 4, isNew: false }] });
    await workspace.remove('ping.js');
    await workspace.write('index.js', vulnerable.replace("'ping -c 1 ' + host", '`ping -c 1 ${host}`'));
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'accepted', findings: [{ line: 3, isNew: false }] });
    await workspace.write('index.js', `${vulnerable}exports.trace = (host) => exec(\`traceroute \${host}\`);\n`);
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'rejected', findings: [{ line: 5, isNew: true }, { line: 3, isNew: false }] });
  });

  test('finds what a check that a change takes out of another file kept away', async () => {
    const clean = "export const clean = (text) => text.replace(/[^a-z]/g, '');\n";
    const workspace = await openProject({ 'clean.js': clean, 'run.js': "import { execSync } from 'node:child_process';\nimport { clean } from './clean.js';\nexport const list = (name) => execSync('ls ' + clean(name));\n" });
    await workspace.write('clean.js', 'export const clean = (text) => text.trim();\n');
    expect(await runGate({ workspace, only: ['security'] })).toMatchObject({ verdict: 'rejected', findings: [{ file: 'run.js', line: 3, category: 'command-injection', isNew: true }] });
  });
});

describe('ways from outside', () => {
  const serve = (body: string): string => `const fs = require('fs'), path = require('path');\nrequire('http').createServer((req, res) => {\n${body}\n});\n`;

  test('end at checks that hold, and go on past those that do not', async () => {
    expect(await found(serve("  const file = path.join('/srv', req.url);\n  if (!file.startsWith('/srv/')) return res.end();\n  fs.readFile(file, () => {});"))).toEqual([]);
    expect(await found(serve("  const file = '/srv/' + req.url;\n  if (!file.startsWith('/srv/')) return res.end();\n  fs.readFile(file, () => {});"))).toEqual(['path-traversal:5']);
    expect(await found(serve("  const file = path.join('/srv', req.url);\n  if (!file.startsWith('/srv/')) console.log('odd');\n  fs.readFile(file, () => {});"))).toEqual(['path-traversal:5']);
    expect(await found(serve("  fs.readFile(path.join('/srv', new URL(req.url, 'http://h').pathname), () => {});"))).toEqual([]);
    expect(await found(serve("  fs.readFile(path.join('/srv', decodeURIComponent(new URL(req.url, 'http://h').pathname)), () => {});"))).toEqual(['path-traversal:3']);
  });

  test('lead through classes, closures, promises and types', async () => {
    expect(await found("import { exec } from 'child_process';\nclass A { #name; constructor(name: string) { this.#name = name; } run() { return new Promise((done) => exec(`id ${this.#name}`, done)); } }\nexport { A };\n", 'a.ts')).toEqual(['command-injection:2']);
    expect(await found("const cp = require('child_process');\nmodule.exports = (options) => { const run = (x) => cp.execSync(x); return () => ['a', 'b'].map((one) => run(`${one} ${options.name}`)); };\n")).toEqual(['command-injection:2']);
    expect(await found("const run = require('util').promisify(require('child_process').exec);\nexports.a = async (name) => { const command = await Promise.resolve('ls ' + name); await run(command); };\n")).toEqual(['command-injection:2']);
  });

  test('are none where a constant or a whole path of the caller arrives', async () => {
    expect(await found("const { execSync } = require('child_process');\nconst run = (command) => execSync(command);\nexports.tags = () => run('git tag');\nexports.log = () => run(`git log -n ${10}`);\n")).toEqual([]);
    expect(await found("const fs = require('fs'), path = require('path');\nexports.read = (file) => fs.readFileSync(file);\nexports.manifest = (folder) => fs.readFileSync(path.join(folder, 'package.json'));\n")).toEqual([]);
    expect(await found("exports.group = (items, key) => { const groups = {}; for (const item of items) groups[item[key]] = item; return groups; };\n")).toEqual([]);
  });
});

test('tells slow regular expressions from quick ones', () => {
  const status = (expression: RegExp): string => judgeExpression(expression.source, expression.flags).status;
  expect([/^(a+)+$/, /^(a|a)*$/, /^(?:a*)*b$/, /^(\w+\s?)*$/, /^([a-z]|[a-f0-9])+!$/].map(status)).toEqual(Array.from({ length: 5 }, () => 'exponential'));
  expect([/^\d+\.?\d+$/, /^a*a*b$/, /^\s*\w*\s*\w*!$/].map(status)).toEqual(Array.from({ length: 3 }, () => 'polynomial'));
  expect([/\s+$/, /<[^>]*>/].map(status)).toEqual(['restart', 'restart']);
  expect([/^(?:a|b)+$/, /^(?:\w{4})*(?:\w{2}==)?$/, /^(.*):(.*)$/, /^[a-z]+(?:-[a-z]+)*$/, /^(?:[^"\\]|\\.)*$/, /(?:[^\s"]+|"[^"]*")+/, /^\d{1,20}\d{1,20}$/].map(status)).toEqual(Array.from({ length: 7 }, () => 'linear'));
});

test('ends on whatever it is given', async () => {
  const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const recursive = "exports.a = (x) => b(x, x); const b = (x, y) => { c(y, x); return c(b(x + y, y), b(y, x)); }; const c = (x, y) => b(c(x, y), c(y, x));\n";
  const branches = `exports.a = (x) => {\n${'if (x.a) { x = x.b + x; } else { x = [x, x]; }\n'.repeat(3_000)}return eval(x); };`;
  const files = new Map([['a.js', nested], ['b.js', recursive], ['c.js', branches], ['d.js', 'x('.repeat(4_000)], ['e.js', 'var a=1;'.repeat(20_000)], ['f.js', '\u0000\uD800 class {'], ['g.js', vulnerable]]);
  const { problems, partly } = await analyseProject({ files });
  expect(problems.filter(({ file }) => file === 'g.js')).toHaveLength(1);
  expect(partly).toEqual(expect.arrayContaining(['a.js', 'e.js']));
  await fc.assert(fc.asyncProperty(fc.string(), async (text) => void (await analyseProject({ files: new Map([['a.ts', text]]) }))));
  for (const source of ['(?:'.repeat(200) + 'a' + ')*'.repeat(200), '(a|b|ab)*'.repeat(60), '[', '(?<=a+)+', '(x+x+)+y'.repeat(40)]) expect(['linear', 'restart', 'polynomial', 'exponential']).toContain(judgeExpression(source, '').status);
});

test('looks through ten thousand files', async () => {
  const files = new Map<string, string>(Array.from({ length: 10_000 }, (_, index) => [`src/a${index}.js`, `import { b } from './a${index + 1}.js';\nexport const b = (x) => x + ${index};\n`]));
  files.set('src/a9999.js', vulnerable);
  const { problems, partly } = await analyseProject({ files, wanted: [...files.keys()].slice(-400) });
  expect([problems.length, partly]).toEqual([1, []]);
  await expect(analyseProject({ files, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop');
});
