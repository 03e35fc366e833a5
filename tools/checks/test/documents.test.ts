import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listPublishedPackages, repository } from '../src/published-packages.ts';

const ignored = new Set(['node_modules', 'dist', 'coverage', '.git', '.nx', 'fixtures', 'files']);
const documents = listMarkdown(repository);

function listMarkdown(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (ignored.has(name)) return [];
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return listMarkdown(path);
    return name.endsWith('.md') ? [relative(repository, path)] : [];
  });
}

function read(document: string): string {
  return readFileSync(join(repository, document), 'utf8');
}

describe.each(documents)('%s', (document) => {
  it('links only to files that exist', () => {
    const targets = [...read(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map((match) => match[1] ?? '');
    expect(targets.filter((target) => !existsSync(join(repository, dirname(document), target)))).toEqual([]);
  });

  it('shows the code of the examples that it names', () => {
    const snippets = [...read(document).matchAll(/<!-- (examples\/\S+) -->\n```\w+\n([\s\S]*?)```/g)];
    const wrong = snippets.filter(([, file = '', code = '']) => !existsSync(join(repository, file)) || !read(file).includes(code.trimEnd()));
    expect(wrong.map(([, file]) => file)).toEqual([]);
  });
});

it('README.md lists every published package, and each has a README of its own', () => {
  const readme = read('README.md');
  const folders = listPublishedPackages().map(({ folder }) => relative(repository, folder));
  expect(folders.filter((folder) => !readme.includes(`(${folder})`))).toEqual([]);
  expect(folders.filter((folder) => !existsSync(join(repository, folder, 'README.md')))).toEqual([]);
});

it('AGENTS.md stays under 100 lines', () => {
  expect(read('AGENTS.md').split('\n').length).toBeLessThan(100);
});
