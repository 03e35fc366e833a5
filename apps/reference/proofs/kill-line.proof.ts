// Kills the command line itself at places all along a whole run, resumes it, and compares with a run that nobody disturbed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { goal, makeProject, playGoodDeveloper } from '../test/duration-project.ts';
import { startFakeOpenai } from '../test/fake-openai.ts';
import { playTeam } from '../test/fake-team.ts';
import { runFw, startFw } from '../test/start-fw.ts';

const points = Number(process.argv[2] ?? 20);

interface Line {
  readonly state: string;
  readonly visit: number;
  readonly agent: string;
  readonly step: string;
  readonly kind: string;
  readonly origin: string;
  readonly tree?: string;
}

interface Trial {
  readonly events: number;
  readonly projection: string;
  readonly ending: string;
  /** Times that the model was asked. */
  readonly asked: number;
}

/** A run in a home of its own; killed when it has told so many events, then resumed. */
async function trial(killAfter: number | undefined): Promise<Trial> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fw-kill-line-'));
  const server = await startFakeOpenai(playTeam(goal, playGoodDeveloper));
  const options = { cwd: folder, env: { FW_HOME: path.join(folder, 'home'), OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'k' } };
  try {
    await makeProject(path.join(folder, 'project'));
    let killed = false;
    const started = startFw(['run', goal, '--workspace', 'project', '--model', 'openai/fake', '--id', 'r1', '--output', 'ndjson'], {
      ...options,
      onOutput(stdout) {
        if (killed || killAfter === undefined || stdout.split('\n').length <= killAfter) return;
        killed = true;
        started.process.kill('SIGKILL');
      },
    });
    const ended = await started.ended;
    const last = killAfter === undefined ? ended : await runFw(['resume', 'r1', '--output', 'ndjson'], options);
    const { type, status, verdict } = JSON.parse(last.stdout.trimEnd().split('\n').at(-1) ?? '{}') as { readonly type?: string; readonly status?: string; readonly verdict?: string };
    const lines = JSON.parse((await runFw(['logs', 'r1', '--output', 'json'], options)).stdout) as readonly Line[];
    const projection = lines.filter((line) => line.kind !== 'begin').map(({ state, visit, agent, step, kind, origin, tree }) => [state, visit, agent, step, kind, origin, tree].join(' ')).sort().join('\n');
    return { events: ended.stdout.trimEnd().split('\n').length, projection, ending: [type, status, verdict].join(' '), asked: server.received() };
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const undisturbed = await trial(undefined);
let failed = undisturbed.ending === 'run.finished success accepted' ? 0 : 1;
for (let point = 0; point < points; point++) {
  const killAfter = Math.max(1, Math.round(((undisturbed.events - 1) * (point + 1)) / points));
  const { projection, ending, asked } = await trial(killAfter);
  // Of the answer that was on its way when the process died nothing is known: it alone is asked for again.
  const wrong = [
    ...(ending === undisturbed.ending ? [] : [`it ended ${ending}`]),
    ...(projection === undisturbed.projection ? [] : ['its journal is another one']),
    ...(asked <= undisturbed.asked + 1 ? [] : [`the model was asked ${asked} times instead of ${undisturbed.asked}`]),
  ];
  failed += wrong.length === 0 ? 0 : 1;
  console.log(`killed after ${killAfter} of ${undisturbed.events} events: ${wrong.length === 0 ? 'the same run' : wrong.join('; ')}`);
}
console.log(`${points} places, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
