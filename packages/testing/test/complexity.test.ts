import { expect, test } from 'vitest';
import { policy, runGate } from '../src/index.ts';
import { openProject } from './fixture.ts';

const branches = (name: string, count: number): string => `export function ${name}(a: number): number {\n${Array.from({ length: count }, (_, index) => `  if (a === ${index}) return ${index + 1};`).join('\n')}\n  return 0;\n}\n`;

test('complexity counts what a change adds or makes worse, not what is there, and not what moves', async () => {
  const workspace = await openProject({ 'a.ts': branches('old', 40), 'b.ts': branches('small', 5) });
  const judge = async (): Promise<unknown> => runGate({ workspace, only: ['complexity'] });
  await workspace.write('b.ts', branches('small', 35));
  expect(await judge()).toMatchObject({ verdict: 'rejected', findings: [{ validator: 'complexity', category: 'complexity', file: 'b.ts', line: 1, isNew: true, message: expect.stringContaining('36 ways') as string }] });
  await workspace.write('b.ts', `/* eslint-disable */\n${branches('small', 20)}`);
  await workspace.write('a.ts', 'export { old } from "./c.ts";\n');
  await workspace.write('c.ts', branches('old', 40));
  expect(await judge()).toMatchObject({ verdict: 'accepted', findings: [{ file: 'c.ts', isNew: false }] });
  await workspace.write('c.ts', branches('old', 41));
  expect(await judge()).toMatchObject({ verdict: 'rejected' });
  expect(await runGate({ workspace, only: ['complexity'], policy: policy({ complexity: { max: 50 } }) })).toMatchObject({ verdict: 'accepted' });
  await workspace.write('c.ts', 'not ( a program');
  expect(await judge()).toMatchObject({ verdict: 'accepted' });
});
