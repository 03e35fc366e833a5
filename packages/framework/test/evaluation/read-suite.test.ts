import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSuite } from '@fw/framework/evaluation';

let folder: string;
beforeEach(async () => { folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-suite-'))); });
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(files: { readonly [file: string]: string | object }): Promise<void> {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

const whole = {
  'suite.json': { name: 's', version: '1' },
  'tasks/one/task.json': { goal: 'Do it.' },
  'tasks/one/repository/a.js': '1\n',
  'tasks/one/hidden/test/b.test.js': '2\n',
  'tasks/one/gold.patch': 'diff\n',
};
const refused = (message: RegExp): Promise<void> => expect(readSuite(folder)).rejects.toMatchObject({ code: 'FW_SUITE_INVALID', message: expect.stringMatching(message) as string });

describe('readSuite', () => {
  it('reads a suite, its defaults, and the tasks by name', async () => {
    await put({ ...whole, 'suite.json': { name: 's', version: '1', defaults: { runs: 3 } }, 'tasks/two/task.json': { goal: 'More.', tags: ['bug'], repository: { git: '../x', revision: 'main' } }, 'tasks/two/hidden/c.test.js': '3\n', 'tasks/two/gold.patch': '' });
    const suite = await readSuite(folder);
    expect(suite).toMatchObject({ folder, name: 's', version: '1', defaults: { runs: 3 } });
    expect(suite.tasks.map(({ id, hidden, tags }) => ({ id, hidden, tags }))).toEqual([{ id: 'one', hidden: ['test/b.test.js'], tags: undefined }, { id: 'two', hidden: ['c.test.js'], tags: ['bug'] }]);
  });

  it('changes the digest of a task with any of its files, and of no other task', async () => {
    await put({ ...whole, 'tasks/two/task.json': { goal: 'More.' }, 'tasks/two/repository/a.js': '', 'tasks/two/hidden/c.test.js': '', 'tasks/two/gold.patch': '' });
    const before = await readSuite(folder);
    await put({ 'tasks/one/repository/a.js': '2\n' });
    const after = await readSuite(folder);
    expect(after.tasks[0]?.digest).not.toBe(before.tasks[0]?.digest);
    expect(after.tasks[1]?.digest).toBe(before.tasks[1]?.digest);
  });

  it.each([
    ['an unknown key of the suite', { 'suite.json': { name: 's', version: '1', defaults: { run: 3 } } }, /suite\.json: defaults\.run: there is no such key; did you mean "runs"\?/],
    ['an unknown key of a task', { 'tasks/one/task.json': { goals: 'Do it.' } }, /one.task\.json: .*goals: there is no such key; did you mean "goal"\?/],
    ['a suite that is no JSON', { 'suite.json': '{' }, /suite\.json: it is not JSON/],
    ['a list in place of a task', { 'tasks/one/task.json': [] }, /task\.json: the file: expected/],
    ['a task without a goal', { 'tasks/one/task.json': { goal: ' ' } }, /goal/],
    ['a task with an id that is no name', { 'tasks/one two/task.json': { goal: 'x' } }, /one two: a task is named/],
    ['a file among the tasks', { 'tasks/readme.txt': 'x' }, /readme\.txt: each entry of "tasks"/],
    ['a repository that looks like an option', { 'tasks/one/task.json': { goal: 'x', repository: { git: '--upload-pack=x', revision: 'r' } } }, /repository\.git: a repository does not begin with "-"/],
    ['two criteria with one id', { 'tasks/one/task.json': { goal: 'x', acceptance: [{ id: 'c1', text: 'a' }, { id: 'c1', text: 'b' }] } }, /one.task\.json: .*two criteria with one id\.$/],
    ['a repository that is given twice', { 'tasks/one/task.json': { goal: 'x', repository: { git: '../x', revision: 'r' } } }, /keep one of them/],
  ])('refuses %s', async (_name, files, message) => {
    await put({ ...whole, ...files });
    await refused(message);
  });

  it.each(['suite.json', 'tasks/one/task.json', 'tasks/one/repository', 'tasks/one/hidden', 'tasks/one/gold.patch', 'tasks'])('names what is missing: %s', async (missing) => {
    await put(whole);
    await rm(path.join(folder, missing), { recursive: true });
    await refused(new RegExp(path.basename(missing).replace('.', '\\.')));
  });

  it.each(['suite.json', 'tasks/one/task.json', 'tasks/one/gold.patch', 'tasks/one/hidden/test/b.test.js', 'tasks/one/hidden', 'tasks/one/repository', 'tasks/one'])('follows no link: %s', async (file) => {
    await put(whole);
    await rm(path.join(folder, file), { recursive: true });
    await put({ 'elsewhere/x.json': '{}' });
    await symlink(path.join(folder, 'elsewhere/x.json'), path.join(folder, file));
    await refused(/link|not a folder|is the folder/);
  });

  it('takes links of a repository that stay inside of it, and refuses those that leave it', async () => {
    await put(whole);
    await symlink('a.js', path.join(folder, 'tasks/one/repository/b.js'));
    await readSuite(folder);
    await symlink('../hidden/test/b.test.js', path.join(folder, 'tasks/one/repository/c.js'));
    await refused(/c\.js: it is a symbolic link that leaves its folder/);
  });

  it('refuses more hidden files than a task may have, and a huge file', async () => {
    await put({ ...whole, ...Object.fromEntries(Array.from({ length: 2_001 }, (_, index) => [`tasks/one/hidden/f${index}.js`, ''])) });
    await refused(/hidden: it has more than 2000 files/);
    await put({ 'suite.json': ' '.repeat(1024 ** 2 + 1) });
    await refused(/suite\.json: it has 1048577 bytes/);
  });
});
