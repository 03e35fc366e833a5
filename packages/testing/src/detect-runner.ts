import type { TaskWorkspace } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { jestAdapter } from './jest-adapter.ts';
import { mochaAdapter } from './mocha-adapter.ts';
import { nodeOptionsAdapter, nodeTestAdapter } from './node-test-adapter.ts';
import { playwrightAdapter } from './playwright-adapter.ts';
import { pytestAdapter } from './pytest-adapter.ts';
import { resultFileAdapter } from './result-file-adapter.ts';
import { joinNames, toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';
import { tapAdapter } from './tap-adapter.ts';
import { readTestScript } from './test-script.ts';
import type { RunnerName, ScriptCommand } from './test-script.ts';
import { TestingError } from './testing-error.ts';
import { vitestAdapter } from './vitest-adapter.ts';
import { workspaceMembers } from './workspace-members.ts';

export type ResultFormat = 'vitest' | 'node:test' | 'jest' | 'mocha' | 'tap' | 'junit' | 'playwright' | 'pytest';

/** How the tests of a workspace are run. */
export interface DetectedRunner {
  /** `vitest`, `node:test`, `jest`, `mocha`, `tape`, `tap`, `ava`, `playwright`, `pytest`, `junit`, several joined by `+`, `several` in a monorepo, or the name of a runner that cannot be read yet; `unknown` otherwise. */
  readonly runner: string;
  /** `none`: there is nothing to run; `unsupported`: there is, but its results cannot be read. */
  readonly status: 'ready' | 'none' | 'unsupported';
  readonly reason?: string;
  readonly command: readonly string[];
}

/** The same with what it takes to run it. */
export interface RunnerPlan extends DetectedRunner {
  readonly prepare: readonly string[];
  readonly commands: readonly PlannedCommand[];
  /** Folder that it runs in. */
  readonly directory: string;
  /** Packages of a monorepo whose tests it runs. */
  readonly members: readonly string[];
}

export interface PlannedCommand extends ScriptCommand {
  readonly runner: string;
  readonly adapter: RunnerAdapter;
}

const packageSchema = withZod((z) => z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
}));

const adapters: { readonly [runner in RunnerName]: RunnerAdapter } = {
  vitest: vitestAdapter, 'node:test': nodeTestAdapter, jest: jestAdapter, mocha: mochaAdapter, playwright: playwrightAdapter, pytest: pytestAdapter,
  tape: tapAdapter('tape'), tap: tapAdapter('tap'), ava: tapAdapter('ava'),
};

const noPlan = { command: [], prepare: [], commands: [], directory: '.', members: [] };

/** Reads the `package.json` of a folder of the workspace and finds out how its tests run. */
export async function detectRunner(workspace: TaskWorkspace, directory = '.'): Promise<RunnerPlan> {
  return { ...(await detect(workspace, directory)), directory };
}

async function detect(workspace: TaskWorkspace, directory: string): Promise<RunnerPlan> {
  const manifest = await readManifest(workspace, directory);
  const hasScript = typeof manifest !== 'string' && manifest.scripts['test'] !== undefined;
  if (!hasScript && directory === '.' && (await usesPytest(workspace))) return planOf([plainCommand('pytest', ['python3', '-m', 'pytest'])]);
  if (typeof manifest === 'string') return { ...noPlan, runner: 'unknown', status: 'none', reason: manifest };
  const test = manifest.scripts['test'];
  if (test === undefined || /^echo .*no test specified/.test(test)) {
    const usesVitest = 'vitest' in { ...manifest.dependencies, ...manifest.devDependencies };
    if (!usesVitest) return { ...noPlan, runner: 'unknown', status: 'none', reason: 'package.json has no test script' };
    return planOf([plainCommand('vitest', ['vitest', 'run'])]);
  }
  const script = readTestScript(manifest.scripts);
  if (script.unsupported !== undefined) {
    return { ...noPlan, runner: script.unsupported, status: 'unsupported', reason: `results of ${script.unsupported} cannot be read yet; give a command that writes JUnit` };
  }
  if (script.members === true) {
    const members = await workspaceMembers(workspace);
    return { ...planOf([], script.prepare), runner: 'several', command: ['npm', 'test', '--workspaces'], members };
  }
  if (script.commands.length === 0) return planOf([{ runner: 'unknown', adapter: nodeOptionsAdapter, env: {}, words: ['npm', 'test'].map(toWord) }]);
  return planOf(script.commands.map((command) => ({ ...command, adapter: adapters[command.runner] })), script.prepare);
}

/** One command of a runner that a project has, without settings of its own. */
export function plainCommand(runner: RunnerName, words: readonly string[]): PlannedCommand {
  return { runner, adapter: adapters[runner], env: {}, words: words.map(toWord) };
}

/** For a command that the caller names. */
export function givenRunner(command: readonly string[], format: ResultFormat): RunnerPlan {
  if (command.length === 0) throw new TestingError('FW_TESTING_COMMAND', { message: 'The test command is empty. Give at least a program.' });
  const writesFile = command.some((word) => word.includes('{results}'));
  if (format === 'junit' && !writesFile) {
    throw new TestingError('FW_TESTING_COMMAND', { message: `"${command.join(' ')}" does not say where its JUnit report goes. Put {results} in the place of the file, e.g. --junitxml={results}.` });
  }
  const adapter = writesFile ? resultFileAdapter(format) : { ...adapters, 'node:test': nodeOptionsAdapter, tap: tapAdapter('tape'), junit: resultFileAdapter('junit') }[format];
  return planOf([{ runner: format, adapter, env: {}, words: command.map(toWord) }]);
}

/** A plan of these commands, one after the other. */
export function planOf(commands: readonly PlannedCommand[], prepare: readonly string[] = []): RunnerPlan {
  const command = commands.flatMap((part, index) => [...(index === 0 ? [] : ['&&']), ...part.words.map((word) => word.value)]);
  return { runner: joinNames(commands.map((one) => one.runner)), status: 'ready', command, prepare, commands, directory: '.', members: [] };
}

async function usesPytest(workspace: TaskWorkspace): Promise<boolean> {
  const [settings, project] = await Promise.all(['pytest.ini', 'pyproject.toml'].map((file) => workspace.read(file).catch(() => undefined)));
  if (settings !== undefined || project?.includes('pytest') === true) return true;
  return (await workspace.files(await workspace.snapshot())).some((file) => /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(file));
}

async function readManifest(workspace: TaskWorkspace, directory: string): Promise<z.infer<typeof packageSchema> | string> {
  let text: string;
  try {
    text = await workspace.read(directory === '.' ? 'package.json' : `${directory}/package.json`);
  } catch {
    return `there is no package.json${directory === '.' ? '' : ` in ${directory}`}`;
  }
  try {
    const parsed = packageSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : 'package.json has another form than npm expects';
  } catch {
    return 'package.json is not JSON';
  }
}
