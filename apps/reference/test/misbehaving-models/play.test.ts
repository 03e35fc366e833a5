import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createFramework, exitCodeOf } from '@fw/framework';
import type { RunEvent, RunReport, Verdict } from '@fw/framework';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFw } from '../start-fw.ts';
import type { MisbehavingModel } from './misbehaving-model.ts';
import { goal } from './project.ts';
import { environment, setStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { misbehavingModels } from './table.ts';

/** Several rows go on at once on a machine that may be busy. */
const timeoutMs = 240_000;
const own = new Map<string, string | undefined>();

beforeAll(() => {
  for (const [name, value] of Object.entries(environment)) {
    own.set(name, process.env[name]);
    process.env[name] = value;
  }
});
afterAll(() => {
  for (const [name, value] of own) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

interface Outcome {
  readonly status: string;
  readonly exitCode: number | null;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly verdict: Verdict | null;
  readonly patch: string | null;
  /** Everything that was said on the way. */
  readonly written: string;
}

/** In this process, with everything real but the model: HTTP, SDKs, sandbox, tests, SQLite. */
async function execute({ config, home, original }: Stage): Promise<Outcome> {
  const said: unknown[] = [];
  const framework = createFramework({ config, home, environment, log: (...line) => said.push(line) });
  const { status, code, message, verdict, patch, ...rest } = await framework.execute(goal, { workspace: original, onEvent: (event) => said.push(event) });
  await framework.close();
  return { status, code, message, verdict, patch, exitCode: exitCodeOf({ status, ...(code !== undefined && { code }) }), written: JSON.stringify([said, rest]) };
}

/** As users do it. */
async function executeCommand({ folder, config, home, original }: Stage): Promise<Outcome> {
  const file = path.join(folder, 'fw.json');
  await writeFile(file, JSON.stringify(config));
  const { exitCode, stdout, stderr } = await runFw(['run', goal, '--workspace', original, '--config', file, '--output', 'ndjson'], { cwd: folder, env: { ...environment, FW_HOME: home } });
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? 'null') as RunEvent;
  if (last.type !== 'run.finished' && last.type !== 'run.paused') throw new Error(`The last line is ${JSON.stringify(last)}; ${stderr}`);
  expect(last.exitCode).toBe(exitCode);
  const report = last.report === null ? undefined : JSON.parse(await readFile(last.report, 'utf8')) as RunReport;
  return { status: last.status, exitCode, code: last.code, message: last.message, verdict: report?.result.verdict ?? null, patch: last.patch, written: stdout + stderr };
}

async function play(row: MisbehavingModel, run: (stage: Stage) => Promise<Outcome>): Promise<void> {
  const stage = await setStage(row);
  try {
    const { status, exitCode, code, message, verdict, patch, written } = await run(stage);
    const { says, gate, ...ends } = row.ends;
    expect({ status, exitCode, code }, message).toEqual(ends);
    if (says !== undefined) expect(message).toMatch(says);
    if (gate !== undefined) expect(verdict?.gates.filter((one) => one.status !== 'passed').map((one) => one.gate)).toContain(gate);
    expect(verdict?.verdict).not.toBe('accepted');
    expect(patch).toBeNull();
    expect(stage.model.server.requests.length).toBeLessThanOrEqual(row.maxRequests);
    expect(await stage.harm(written)).toEqual([]);
  } finally {
    await stage.close();
  }
}

const named = (rows: readonly MisbehavingModel[]): (readonly [string, MisbehavingModel])[] => rows.map((row) => [`${row.id}: ${row.does}`, row]);

describe.concurrent('a misbehaving model ends within its bounds, passes no gate, learns no secret and changes nothing of the user\'s', () => {
  it.each(named(misbehavingModels))('%s', { timeout: timeoutMs }, (_, row) => play(row, execute));
});

describe.concurrent('fw run with a misbehaving model ends with its exit code', () => {
  it.each(named(misbehavingModels.filter(({ cli }) => cli === true)))('%s', { timeout: timeoutMs }, (_, row) => play(row, executeCommand));
});
