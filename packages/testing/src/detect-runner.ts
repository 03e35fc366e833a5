import type { TaskWorkspace } from '@fw/agents-core';
import { z } from 'zod';
import { junitAdapter } from './junit-adapter.ts';
import { nodeOptionsAdapter, nodeTestAdapter } from './node-test-adapter.ts';
import { toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';
import { readTestScript } from './test-script.ts';
import type { ScriptCommand } from './test-script.ts';
import { TestingError } from './testing-error.ts';
import { vitestAdapter } from './vitest-adapter.ts';

export type ResultFormat = 'vitest' | 'node:test' | 'junit';

/** How the tests of a workspace are run. */
export interface DetectedRunner {
  /** `vitest`, `node:test`, `junit`, or the name of a runner that cannot be read yet; `unknown` otherwise. */
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
}

const packageSchema = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});

const noPlan = { command: [], adapter: nodeOptionsAdapter, prepare: [], commands: [] };

/** Reads the workspace's `package.json` and finds out how its tests run. */
export async function detectRunner(workspace: TaskWorkspace): Promise<RunnerPlan> {
  const manifest = await readManifest(workspace);
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
  if (script.runner === 'unknown') return planOf('unknown', nodeOptionsAdapter, [], [{ env: {}, words: ['npm', 'test'].map(toWord) }]);
  return planOf(script.runner, script.runner === 'vitest' ? vitestAdapter : nodeTestAdapter, script.prepare, script.commands);
}

/** For a command that the caller names. */
export function givenRunner(command: readonly string[], format: ResultFormat): RunnerPlan {
  if (command.length === 0) throw new TestingError('FW_TESTING_COMMAND', { message: 'The test command is empty. Give at least a program.' });
  if (format === 'junit' && !command.some((word) => word.includes('{results}'))) {
    throw new TestingError('FW_TESTING_COMMAND', { message: `"${command.join(' ')}" does not say where its JUnit report goes. Put {results} in the place of the file, e.g. --junitxml={results}.` });
  }
  const adapter = { vitest: vitestAdapter, 'node:test': nodeOptionsAdapter, junit: junitAdapter }[format];
  return planOf(format, adapter, [], [{ env: {}, words: command.map(toWord) }]);
}

function planOf(runner: string, adapter: RunnerAdapter, prepare: readonly string[], commands: readonly ScriptCommand[]): RunnerPlan {
  const command = commands.flatMap((part, index) => [...(index === 0 ? [] : ['&&']), ...part.words.map((word) => word.value)]);
  return { runner, status: 'ready', command, adapter, prepare, commands };
}

async function readManifest(workspace: TaskWorkspace): Promise<z.infer<typeof packageSchema> | string> {
  let text: string;
  try {
    text = await workspace.read('package.json');
  } catch {
    return 'there is no package.json';
  }
  try {
    const parsed = packageSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : 'package.json has another form than npm expects';
  } catch {
    return 'package.json is not JSON';
  }
}
