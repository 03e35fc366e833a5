import { cp, mkdtemp, realpath } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createFramework } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { followRun } from '../follow-run.ts';
import { homeFolder, makeHome } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { newRunId } from '../new-run-id.ts';
import { packageFolder } from '../package-folder.ts';

const goal = 'parseDuration accepts combined durations: parseDuration(\'1h30m\') gives 5400000.';
const files = path.join(packageFolder, 'demo');

/** `fw demo`: a real project, real tests and gates, and a script in place of the model, which it says. */
export async function demo(context: CliContext): Promise<number> {
  const { terminal, output } = context;
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-demo-')));
  const workspace = path.join(folder, 'duration');
  await cp(path.join(files, 'project'), workspace, { recursive: true });
  if (output === 'text') {
    terminal.print(`${terminal.paint('bold', 'A demonstration.')} The model is SCRIPTED: its answers, the mistake too, were written beforehand.\n`
      + 'The project, its tests, the measurements, the gate and the patch are real.\n\n');
  }
  const model = 'scripted/demo';
  const home = homeFolder(context.environment);

  return followRun(context, {
    interruption: listenForInterruption(),
    async open() {
      await makeHome(home);
      return createFramework({
        home,
        config: {
          providers: { scripted: { use: 'scripted', script: path.join(files, 'script.json') } },
          agents: { architect: model, developer: model, reviewer: model },
        },
        sandbox: 'preferred',
      });
    },
    start: (framework) => framework.start(goal, { workspace, id: `demo-${newRunId()}` }),
  });
}
