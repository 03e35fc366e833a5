import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { FaultWire } from '@fw/models/fault-server';
import { hashTree } from '../hash-tree.ts';
import { makePublished } from '../published-fixture.ts';
import { runFw } from '../start-fw.ts';
import { playTask } from './play-task.ts';
import type { PublishedTask } from './play-task.ts';

const execute = promisify(execFile);

const services: { readonly [wire in FaultWire]: { readonly provider: object; readonly model: string } } = {
  'openai-chat': { provider: { use: 'openai', api: 'chat' }, model: 'gpt-5.6' },
  'openai-responses': { provider: { use: 'openai', api: 'responses' }, model: 'gpt-5.6' },
  anthropic: { provider: { use: 'anthropic' }, model: 'claude-sonnet-5' },
  google: { provider: { use: 'google' }, model: 'gemini-3-pro' },
};
export const wires: readonly FaultWire[] = Object.keys(services) as FaultWire[];

/** What came of a task. */
export interface TaskOutcome {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** Of the run, and what the gate said. */
  readonly status: string;
  readonly verdict: string | null;
  readonly message?: string;
  readonly isUntouched: boolean;
  /** The patch applies, and the package's own tests pass with it by its own runner. */
  readonly ownTests: 'passed' | 'failed' | 'no-patch';
  /** Of `fw replay`, with the model gone. */
  readonly replay: number | null;
  /** Of the gate that compares benchmarks; undefined where it is off. */
  readonly performance: { readonly status: string; readonly message: string } | undefined;
  /** Times the processor time of the base. */
  readonly ratio: number | undefined;
}

interface Report {
  readonly gate: { readonly gates: readonly { readonly gate: string; readonly status: string; readonly message: string }[] };
}

/** The package as its user has it, with what whoever asks brings along. */
export async function makeProject(task: PublishedTask, project: string): Promise<void> {
  await makePublished(task.name, project);
  for (const [file, content] of Object.entries(task.brings ?? {})) {
    await mkdir(path.dirname(path.join(project, file)), { recursive: true });
    await writeFile(path.join(project, file), content);
  }
}

/** The package's tests by its own runner. */
export async function testPackage({ test: [program = '', ...args] }: PublishedTask, project: string): Promise<'passed' | 'failed'> {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...environment } = process.env;
  const modules = path.join(project, 'node_modules/.bin');
  return execute(path.join(modules, program), args, { cwd: project, env: { ...environment, PATH: `${modules}${path.delimiter}${environment['PATH'] ?? ''}` } }).then(() => 'passed', () => 'failed');
}

/** Runs `fw run` on a task with a model on that wire, in a folder of its own, and looks at everything that came of it. */
export async function runTask(task: PublishedTask, wire: FaultWire, folder: string): Promise<TaskOutcome> {
  const project = path.join(folder, 'project');
  await makeProject(task, project);
  const before = hashTree(project);
  const server = await playTask(task, wire);
  const { provider, model } = services[wire];
  await writeFile(path.join(folder, 'fw.json'), JSON.stringify({
    providers: { service: { ...provider, baseURL: server.baseURL, apiKeyEnv: 'KEY' } }, models: { default: { use: `service/${model}` } },
    ...(task.kind === 'performance' && { policy: { gates: { performance: 'required' } } }),
  }));
  const options = { cwd: folder, env: { FW_HOME: path.join(folder, 'home'), KEY: 'k' } };
  const ended = await runFw(['run', task.goal, '--workspace', project, '--config', 'fw.json', '--id', 'r', '--output', 'json'], options).finally(() => server.close());
  const { status, verdict, message, patch, report } = JSON.parse(ended.stdout) as { readonly status: string; readonly verdict: string | null; readonly message?: string; readonly patch: string | null; readonly report: string };
  const { gate } = JSON.parse(await readFile(report, 'utf8')) as Report;
  const performance = gate.gates.find((one) => one.gate === 'performance');
  const ratio = /takes (\d\.\d\d) times/.exec(performance?.message ?? '')?.[1];
  return {
    exitCode: ended.exitCode, stderr: ended.stderr, status, verdict, ...(message !== undefined && { message }),
    isUntouched: hashTree(project) === before,
    ownTests: patch === null ? 'no-patch' : await testPatched(task, project, patch, path.join(folder, 'changed')),
    replay: (await runFw(['replay', 'r'], options)).exitCode,
    performance: performance && { status: performance.status, message: performance.message },
    ratio: ratio === undefined ? undefined : Number(ratio),
  };
}

async function testPatched(task: PublishedTask, project: string, patch: string, changed: string): Promise<'passed' | 'failed'> {
  await cp(project, changed, { recursive: true, verbatimSymlinks: true });
  await execute('git', ['apply', '--whitespace=nowarn', patch], { cwd: changed, env: { ...process.env, GIT_CEILING_DIRECTORIES: path.dirname(changed) } });
  return testPackage(task, changed);
}
