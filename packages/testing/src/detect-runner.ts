import type { TaskWorkspace } from '@fw/agents-core';
import { z } from 'zod';
import { jestAdapter } from './jest-adapter.ts';
import { junitAdapter } from './junit-adapter.ts';
import { mochaAdapter } from './mocha-adapter.ts';
import { nodeOptionsAdapter, nodeTestAdapter } from './node-test-adapter.ts';
import { pytestAdapter } from './pytest-adapter.ts';
import { toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';
import { tapAdapter } from './tap-adapter.ts';
import { readTestScript } from './test-script.ts';
import type { RunnerName, ScriptCommand } from './test-script.ts';
import { TestingError } from './testing-error.ts';
import { vitestAdapter } from './vitest-adapter.ts';
import { workspaceMembers } from './workspace-members.ts';

export type ResultFormat = 'vitest' | 'node:test' | 'jest' | 'mocha' | 'tap' | 'junit';

/** How the tests of a workspace are run. */
export interface DetectedRunner {
  /** `vitest`, `node:test`, `jest`, `mocha`, `tape`, `tap`, `ava`, `pytest`, `junit`, `several` in a monorepo, or the name of a runner that cannot be read yet; `unknown` otherwise. */
  readonly runner: string;
  /** `none`: there is nothing to run; `unsupported`: there is, but its results cannot be read. */
  readonly status: 'ready' | 'none' | 'unsupported';
  readonly reason?: string;
  readonly command: readonly string[];
}

/** The same with what it takes to run it. */
export interface RunnerPlan extends DetectedRunner {
  readonly adapter: RunnerAdapter;
  readonly prepare: readonly string[];
  readonly commands: readonly ScriptCommand[];
  /** Folder that it runs in. */
  readonly directory: string;
  /** Packages of a monorepo whose tests it runs. */
  readonly members: readonly string[];
}

const packageSchema = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

const adapters: { readonly [runner in RunnerName]: RunnerAdapter } = {
  vitest: vitestAdapter, 'node:test': nodeTestAdapter, jest: jestAdapter, mocha: mochaAdapter, pytest: pytestAdapter,
  tape: tapAdapter('tape'), tap: tapAdapter('tap'), ava: tapAdapter('ava'),
};

const noPlan = { command: [], adapter: nodeOptionsAdapter, prepare: [], commands: [], directory: '.', members: [] };

/** Reads the `package.json` of a folder of the workspace and finds out how its tests run. */
export async function detectRunner(workspace: TaskWorkspace, directory = '.'): Promise<RunnerPlan> {
  return { ...(await detect(workspace, directory)), directory };
}

async function detect(workspace: TaskWorkspace, directory: string): Promise<RunnerPlan> {
  const manifest = await readManifest(workspace, directory);
  const hasScript = typeof manifest !== 'string' && manifest.scripts['test'] !== undefined;
  if (!hasScript && directory === '.' && (await usesPytest(workspace))) return planOf('pytest', pytestAdapter, [], [{ env: {}, words: ['python3', '-m', 'pytest'].map(toWord) }]);
  if (typeof manifest === 'string') return { ...noPlan, runner: 'unknown', status: 'none', reason: manifest };
  const test = manifest.scripts['test'];
  if (test === undefined || /^echo .*no test specified/.test(test)) {
    const usesVitest = 'vitest' in { ...manifest.dependencies, ...manifest.devDependencies };
    if (!usesVitest) return { ...noPlan, runner: 'unknown', status: 'none', reason: 'package.json has no test script' };
    return planOf('vitest', vitestAdapter, [], [{ env: {}, words: ['vitest', 'run'].map(toWord) }]);
  }
  const script = readTestScript(manifest.scripts);
  if (script.unsupported !== undefined) {
    return { ...noPlan, runner: script.unsupported, status: 'unsupported', reason: `results of ${script.unsupported} cannot be read yet; give a command that writes JUnit` };
  }
  if (script.members === true) {
    const members = await workspaceMembers(workspace);
    return { ...planOf('several', nodeOptionsAdapter, script.prepare, []), command: ['npm', 'test', '--workspaces'], members };
  }
  if (script.runner === 'unknown') return planOf('unknown', nodeOptionsAdapter, [], [{ env: {}, words: ['npm', 'test'].map(toWord) }]);
  return planOf(script.runner, adapters[script.runner], script.prepare, script.commands);
}

/** For a command that the caller names. */
export function givenRunner(command: readonly string[], format: ResultFormat): RunnerPlan {
  if (command.length === 0) throw new TestingError('FW_TESTING_COMMAND', { message: 'The test command is empty. Give at least a program.' });
  if (format === 'junit' && !command.some((word) => word.includes('{results}'))) {
    throw new TestingError('FW_TESTING_COMMAND', { message: `"${command.join(' ')}" does not say where its JUnit report goes. Put {results} in the place of the file, e.g. --junitxml={results}.` });
  }
  const adapter = { ...adapters, 'node:test': nodeOptionsAdapter, tap: tapAdapter('tape'), junit: junitAdapter }[format];
  return planOf(format, adapter, [], [{ env: {}, words: command.map(toWord) }]);
}

function planOf(runner: string, adapter: RunnerAdapter, prepare: readonly string[], commands: readonly ScriptCommand[]): RunnerPlan {
  const command = commands.flatMap((part, index) => [...(index === 0 ? [] : ['&&']), ...part.words.map((word) => word.value)]);
  return { runner, status: 'ready', command, adapter, prepare, commands, directory: '.', members: [] };
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
