import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@fw/agents-core';
import { expect, it, onTestFinished } from 'vitest';
import { detectSandbox } from '../../src/index.ts';
import { temporaryFolder, writeFiles } from '../temporary-folder.ts';
import { bench } from './tool-bench.ts';


const sandbox = await detectSandbox();
const canary = 'CANARY-9f4e1c7a';

it.skipIf(!sandbox.available)('a secret of the machine, the environment or a file that is left out is in no answer', async () => {
  process.env['FW_TEST_CANARY'] = canary;
  onTestFinished(() => void delete process.env['FW_TEST_CANARY']);
  const outside = temporaryFolder();
  writeFiles(outside, { 'secret.txt': canary });
  const { call, workspace, directory } = await bench({ '.env': `KEY=${canary}\n`, 'app/.env.local': canary, 'id_rsa': canary, 'server.pem': canary, '.gitignore': 'private\n', 'private/notes.txt': canary, 'a.js': '1\n' }, 'required');
  symlinkSync(outside, join(workspace.root, 'way'));
  symlinkSync(join(outside, 'secret.txt'), join(workspace.root, 'way.txt'));
  symlinkSync(`/proc/${process.pid}/environ`, join(workspace.root, 'environ'));
  symlinkSync('loop', join(workspace.root, 'loop'));
  const paths = ['.env', 'app/.env.local', 'id_rsa', 'server.pem', 'private/notes.txt', 'way/secret.txt', 'way.txt', 'way', 'environ', 'loop', `${directory}/.env`, `../../${directory}/.env`, `app/../../${directory}/.env`, `${outside}/secret.txt`, '/proc/self/environ', 'node_modules/../.env'];
  const commands = [
    'env; set; export -p', 'cat /proc/*/environ /proc/*/task/*/environ | tr "\\0" "\\n"', 'cat .env app/.env.local id_rsa server.pem private/notes.txt',
    `cat ${directory}/.env ${outside}/secret.txt way.txt way/secret.txt environ`, `ls -la ${directory} ${outside} /root /home /tmp`, `grep -rs ${canary.slice(0, 6)} /tmp /root /home /var /etc /run /mnt ..`,
    'git log -p --all 2>&1; git cat-file --batch-all-objects --batch 2>&1', 'node -e "console.log(process.env, require(\'fs\').readdirSync(\'..\'))"',
  ];
  const calls: readonly (readonly [string, Json])[] = [
    ['list_files', { depth: 5, glob: '**' }], ['list_files', { path: 'way' }], ['search', { pattern: 'CANARY' }], ['search', { pattern: 'KEY=', glob: '.env*' }],
    ...paths.flatMap((path) => [['read_file', { path }], ['search', { pattern: '.', path }], ['list_files', { path }], ['edit_file', { path, edits: [{ old: 'no such text here', new: 'x' }] }], ['write_file', { path, content: 'x' }], ['apply_patch', { patch: `*** Begin Patch\n*** Update File: ${path}\n@@\n-no such text here\n+x\n*** End Patch` }], ['diff', { path }]] as const),
    ...commands.map((command) => ['run', { command, timeout_s: 60 }] as const),
    ['diff', {}], ['diff', { against: 'last', stat: true }],
  ];
  for (const [name, input] of calls) {
    const answer = JSON.stringify(await call(name, input));
    expect(answer, `${name} ${JSON.stringify(input)}`).not.toContain(canary);
  }
});

it('shows what is hidden in names of files, and takes the names as it shows them', async () => {
  const names = ['line\nbreak.txt', 'rtl\u202Etxt.exe', 'zero\u200Bwidth.js', 'tag\u{E0041}.md', 'esc\u001B[31m.txt', '"quoted".txt', ' blank.txt', 'plain ü.txt'];
  const { call, workspace } = await bench({ 'a.txt': '' });
  const base = await workspace.snapshot();
  for (const name of names) writeFileSync(join(workspace.root, name), 'needle\n');
  const hidden = /[\u202E\u200B\u001B]|\u{E0041}/u;
  const list = await call('list_files', {});
  expect(list.text).not.toMatch(hidden);
  const listed = list.text.split('\n').map((line): string => (line.startsWith('"') ? JSON.parse(line) : line));
  expect(listed.sort()).toEqual([...names, 'a.txt'].sort());
  for (const name of listed) expect(await call('read_file', { path: name })).toMatchObject({ ok: true });
  const found = await call('search', { pattern: 'needle' });
  expect(found).toMatchObject({ meta: { matches: names.length, files: names.length } });
  expect(found.text).not.toMatch(hidden);
  expect(found.text).toContain('"line\\nbreak.txt":1:needle');
  const stat = await call('diff', { stat: true });
  expect(stat.text).not.toMatch(hidden);
  expect(stat.text).toContain('added "rtl\\u202etxt.exe" (1 line new)');
  await workspace.restore(base);
  const run = await call('run', { command: `printf x > "$(printf 'z\\342\\200\\213.js')"` });
  expect(run.text).toContain('added "z\\u200b.js"');
});

it('says of binary, huge and special files what they are', async () => {
  const { call, workspace } = await bench({ 'a.txt': '' });
  writeFileSync(join(workspace.root, 'b.bin'), Buffer.from([104, 105, 10, 0, 255, 10, 104, 105]));
  writeFileSync(join(workspace.root, 'latin.txt'), Buffer.from([104, 105, 228, 10]));
  writeFileSync(join(workspace.root, 'huge.txt'), Buffer.alloc(33 * 1024 * 1024, 'x\n'));
  expect(await call('read_file', { path: 'b.bin' })).toMatchObject({ code: 'binary' });
  expect(await call('read_file', { path: 'latin.txt' })).toMatchObject({ code: 'binary' });
  expect(await call('read_file', { path: 'huge.txt' })).toMatchObject({ code: 'too_large' });
  expect(await call('write_file', { path: 'huge.txt', content: 'x' })).toMatchObject({ code: 'denied' });
  expect((await call('search', { pattern: 'hi' })).text.isWellFormed()).toBe(true);
  await call('run', { command: 'mkfifo pipe; ln -s /dev/zero zero' });
  expect(await call('read_file', { path: 'pipe' })).toMatchObject({ code: 'not_found' });
  expect(await call('read_file', { path: 'zero' })).toMatchObject({ code: 'outside' });
  expect(await call('search', { pattern: 'hi', path: 'pipe' })).toMatchObject({ code: 'not_found' });
});

it('stops in the middle of each tool when the step is aborted, and writes nothing afterwards', async () => {
  const { call, workspace } = await bench({ 'a.txt': 'one\n', ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`f${index}.txt`, 'x\n'])) });
  const inputs: readonly (readonly [string, Json])[] = [
    ['list_files', {}], ['search', { pattern: 'x' }], ['read_file', { path: 'a.txt' }], ['diff', {}], ['run', { command: 'sleep 60; echo late > late.txt' }],
    ['edit_file', { path: 'a.txt', edits: [{ old: 'one', new: 'two' }] }], ['write_file', { path: 'b.txt', content: 'x' }], ['apply_patch', { patch: '*** Begin Patch\n*** Add File: c.txt\n+x\n*** End Patch' }],
  ];
  for (const [name, input] of inputs) {
    await expect(call(name, input, AbortSignal.abort()), name).rejects.toThrow('abort');
    const controller = new AbortController();
    const running = call(name, input, controller.signal).then(() => 'answered', (error: unknown) => (error as Error).name);
    await Promise.resolve();
    controller.abort();
    expect(['answered', 'AbortError'], name).toContain(await running);
  }
  expect(await workspace.files(await workspace.snapshot())).not.toContain('late.txt');
});

it('answers calls that run at once as if they came one by one', async () => {
  const { call, workspace } = await bench({ 'a.txt': Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('') });
  const reads = await Promise.all(Array.from({ length: 24 }, (_, index) => call(['list_files', 'search', 'read_file', 'diff'][index % 4] as string, [{}, { pattern: 'line 7' }, { path: 'a.txt' }, {}][index % 4] as Json)));
  for (const [index, read] of reads.entries()) expect(read.text).toBe(reads[index % 4]?.text);
  await Promise.all(Array.from({ length: 10 }, (_, index) => call('write_file', { path: `w/${index}.txt`, content: `${index}` })));
  expect((await workspace.files(await workspace.snapshot())).filter((file) => file.startsWith('w/'))).toHaveLength(10);
});
