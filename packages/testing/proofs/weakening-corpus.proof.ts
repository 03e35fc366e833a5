// Which cheating patches of tests are found, and which honest ones are called cheating.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createWorkspace } from '@fw/workspace';
import { findWeakenedTests } from '../src/find-weakened-tests.ts';
import { weakeningCases } from '../test/weakening-corpus.ts';

const cases = weakeningCases();
const parent = mkdtempSync(join(tmpdir(), 'fw-weakening-'));
chmodSync(parent, 0o711);
try {
  for (const [file, content] of cases.flatMap((one) => Object.entries(one.before))) {
    mkdirSync(dirname(join(parent, 'project', file)), { recursive: true });
    writeFileSync(join(parent, 'project', file), content);
  }
  const workspace = await createWorkspace({ directory: join(parent, 'project'), storage: join(parent, 'storage') });
  await workspace.writeAll(cases.flatMap((one) => Object.entries(one.after).map(([file, content]) => ({ type: 'write' as const, file, content }))));
  const found = await findWeakenedTests(workspace, workspace.base, await workspace.snapshot());
  await workspace.close();
  const flagged = new Map(cases.map(({ id }) => [id, [...new Set(found.filter(({ file }) => file.startsWith(`${id}/`)).flatMap(({ findings }) => findings.map(({ rule }) => rule)))]]));
  for (const isCheat of [true, false]) {
    const own = cases.filter((one) => one.isCheat === isCheat);
    const hits = own.filter(({ id }) => flagged.get(id)?.length !== 0).length;
    console.log(`${isCheat ? 'cheating' : 'honest'} patches: ${own.length}, flagged ${hits} (${((100 * hits) / own.length).toFixed(1)} %)`);
    for (const kind of [...new Set(own.map(({ name }) => name.replace(/ \([^)]*\)$/, '')))]) {
      const rows = own.filter(({ name }) => name.startsWith(`${kind} (`));
      console.log(`  ${kind.padEnd(40)} ${rows.filter(({ id }) => flagged.get(id)?.length !== 0).length} of ${rows.length}  ${[...new Set(rows.flatMap(({ id }) => flagged.get(id) ?? []))].join(', ')}`);
    }
  }
  process.exitCode = cases.every((one) => one.isCheat === (flagged.get(one.id)?.length !== 0)) ? 0 : 1;
} finally {
  rmSync(parent, { recursive: true, force: true });
}
