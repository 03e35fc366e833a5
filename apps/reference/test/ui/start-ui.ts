import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageFolder } from '../../src/package-folder.ts';
import { runFw, startFw } from '../start-fw.ts';
import type { Started, StartOptions } from '../start-fw.ts';

export interface RunningUi {
  readonly origin: string;
  readonly port: number;
  readonly token: string;
  readonly link: string;
  readonly started: Started;
  /** Asks with the token, and whatever else is said. */
  ask(path: string, options?: RequestInit): Promise<Response>;
  json<Answer>(path: string): Promise<Answer>;
  change(path: string, body: object): Promise<Response>;
  stop(): Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
}

/** `fw ui` as its users start it. */
export async function startUi(options: StartOptions, ...args: readonly string[]): Promise<RunningUi> {
  let said: (line: string) => void = () => undefined;
  const firstLine = new Promise<string>((resolve) => { said = resolve; });
  const started = startFw(['ui', '--output', 'json', ...args], { ...options, onOutput: (stdout) => { if (stdout.includes('\n')) said(stdout); } });
  const line = await Promise.race([firstLine, started.ended.then(({ stderr }) => { throw new Error(`fw ui ended: ${stderr}`); })]);
  const { url, port } = JSON.parse(line) as { readonly url: string; readonly port: number };
  const { origin, searchParams } = new URL(url);
  const token = searchParams.get('token') ?? '';
  const ask = (at: string, { headers, ...more }: RequestInit = {}): Promise<Response> => fetch(origin + at, { ...more, headers: { authorization: `Bearer ${token}`, ...(headers as object) } });
  return {
    origin, port, token, link: url, started, ask,
    async json<Answer>(at: string) { return (await ask(at)).json() as Promise<Answer>; },
    change: (at, body) => ask(at, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    async stop() {
      started.process.kill('SIGINT');
      return started.ended;
    },
  };
}

export const demoGoal = "parseDuration accepts combined durations: parseDuration('1h30m') gives 5400000.";

/** The demo's project and script with a design that a person approves; `r1` has come to where it waits. */
export async function makeWaitingRun(folder: string): Promise<StartOptions> {
  const project = path.join(folder, 'duration');
  const demo = path.join(packageFolder, 'demo');
  await cp(path.join(demo, 'project'), project, { recursive: true });
  await writeFile(path.join(project, 'fw.config.json'), JSON.stringify({
    providers: { scripted: { use: 'scripted', script: path.join(demo, 'script.json') } },
    models: { demo: { use: 'scripted/demo', limits: { requestsPerMinute: 1_000 } } },
    agents: { architect: 'demo', developer: 'demo', reviewer: 'demo' }, workflow: { approvals: ['design'] }, budgets: { run: { tokens: 200_000 } },
  }));
  await mkdir(path.join(folder, 'home'), { mode: 0o700 });
  const options = { cwd: project, env: { FW_HOME: path.join(folder, 'home') } };
  const { exitCode, stderr } = await runFw(['run', demoGoal, '--id', 'r1', '--quiet'], options);
  if (exitCode !== 4) throw new Error(`The run does not wait: ${String(exitCode)} ${stderr}`);
  return options;
}
