import { cp, mkdtemp, readFile, realpath } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createFramework } from '@fw/framework';
import type { Framework } from '@fw/framework';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { crash, crashRun } from '../demo/crash.ts';
import { fallback } from '../demo/fallback.ts';
import { rateLimit } from '../demo/rate-limit.ts';
import { revise } from '../demo/revise.ts';
import type { Scenario, Script } from '../demo/scenario.ts';
import { followRun } from '../follow-run.ts';
import { homeFolder, makeHome } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { newRunId } from '../new-run-id.ts';
import { packageFolder } from '../package-folder.ts';
import { startTelemetry } from '../start-telemetry.ts';
import { untilInterrupted } from '../until-interrupted.ts';

export interface DemoOptions {
  readonly scenario: string;
}

const goal = 'parseDuration accepts combined durations: parseDuration(\'1h30m\') gives 5400000.';
const files = path.join(packageFolder, 'demo');
const scenarios: readonly Scenario[] = [revise, fallback, rateLimit, crash];

/** `fw demo`: a real project, real tests and gates, and a script in place of the model, which it says. */
export async function demo(context: CliContext, { scenario: name }: DemoOptions): Promise<number> {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) throw new AppError('FW_USAGE', { message: `--scenario "${name}" is not possible: ${scenarios.map((candidate) => candidate.name).join(', ')}.` });
  const { terminal, output } = context;
  const say = (text: string): void => { if (output === 'text') terminal.print(text); };
  say(`${terminal.paint('bold', 'A demonstration.')} The model is SCRIPTED: its answers, the mistake too, were written beforehand.\n`
    + `The project, its tests, the measurements, the gate and the patch are real.\n${scenario.about}\n\n`);
  const home = homeFolder(context.environment);
  await makeHome(home);
  const crashed = scenario === crash ? await untilInterrupted((signal) => crashRun(context, signal)) : undefined;
  if (typeof crashed === 'number') return crashed;
  if (crashed !== undefined) say(`${terminal.paint('red', 'killed')} after ${String(crashed.events)} events. Here it goes on, with what the journal holds:\n\n`);
  const script = JSON.parse(await readFile(path.join(files, 'script.json'), 'utf8')) as Script;
  let framework: Framework | undefined;

  return followRun(context, {
    interruption: listenForInterruption(),
    async open() {
      const telemetry = await startTelemetry(context.environment, (message) => { terminal.note(message); });
      return (framework = createFramework({ home, config: scenario.config(script), sandbox: 'preferred', ...(telemetry !== undefined && { listeners: [telemetry] }) }));
    },
    start: async (opened) => (crashed === undefined ? opened.start(goal, { workspace: await copyProject(), id: `demo-${newRunId()}` }) : opened.resume(crashed.run)),
    async finish(ending) {
      const seen = scenario.describe(await framework?.log(ending.run) ?? []);
      if (seen !== '') say(`\n${seen}\n`);
      return ending;
    },
  });
}

async function copyProject(): Promise<string> {
  const workspace = path.join(await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-demo-'))), 'duration');
  await cp(path.join(files, 'project'), workspace, { recursive: true });
  return workspace;
}
