import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { clientFolder } from '../../src/ui/build-client.ts';
import { readClientFiles } from '../../src/ui/client-files.ts';

it('the first page is small, and nothing of it is inline or from elsewhere', async () => {
  const folder = await clientFolder(() => undefined);
  const page = await readFile(path.join(folder, 'index.html'), 'utf8');
  const named = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, place = '']) => place);
  const files = await readClientFiles(folder);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((place) => !files.has(place))).toEqual([]);
  expect(page).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=|https?:/);
  const bytes = ['/index.html', ...named].reduce((sum, place) => sum + gzipSync(files.get(place)!.content, { level: 9 }).byteLength, 0);
  expect(bytes).toBeLessThan(270_000);
});
