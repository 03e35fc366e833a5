import type { Config, EngineConfig } from '@fw/framework';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { homeFolder } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { jsonLine } from '../json-line.ts';
import { openForWorker, readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { within } from '../within.ts';

export interface WorkerOptions {
  readonly engine?: string;
  readonly ingress?: string;
  readonly admin?: string;
  readonly port?: string;
}

const stopWithinMs = 15_000;

/** `fw worker`: works on runs that others began, until it is told to stop. */
export async function worker(context: CliContext, options: WorkerOptions): Promise<number> {
  const { config } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const engine = engineOf(config, options);
  const interruption = listenForInterruption();
  const framework = await openForWorker(context, { ...config, engine });
  const say = sayer(context);
  // Runs that are due come by a timer, which keeps no process alive.
  const alive = setInterval(() => undefined, 60_000);
  try {
    const serving = framework.work({
      onRun({ run, status, code, message }) {
        say(`${run}  ${status}${message === undefined ? '' : `  ${plainLine(message, 200)}`}`, { type: 'worker.run', run, status, ...(code === undefined ? {} : { code }) });
      },
    });
    serving.then(() => {
      say(`Works on the runs in ${homeFolder(context.environment)}, engine ${engine.use}. Ctrl-C stops it; everything finished is kept.`, { type: 'worker.started', engine: engine.use });
    }, () => undefined);
    return await Promise.race([interruption.happened, serving.then(() => interruption.happened)]);
  } finally {
    clearInterval(alive);
    interruption.stopListening();
    await within(stopWithinMs, framework.close());
  }
}

function sayer({ output, terminal }: CliContext): (text: string, line: object) => void {
  return (text, line) => { terminal.print(output === 'text' ? `${text}\n` : jsonLine({ v: 1, ...line })); };
}

function engineOf(config: Config, { engine, ingress, admin, port }: WorkerOptions): EngineConfig {
  const configured = typeof config.engine === 'object' ? config.engine : { use: config.engine ?? 'local' } as const;
  const use = engine ?? configured.use;
  if (use !== 'local' && use !== 'restate') throw new AppError('FW_USAGE', { message: `--engine "${use}" is not possible: local or restate.` });
  if (use === 'local' && [ingress, admin, port].some((option) => option !== undefined)) throw new AppError('FW_USAGE', { message: '--ingress, --admin and --port are for --engine restate.' });
  const number = port === undefined ? undefined : Number(port);
  if (number !== undefined && !(Number.isInteger(number) && number >= 1 && number <= 65_535)) throw new AppError('FW_USAGE', { message: `--port "${String(port)}" is not a port: 1 to 65535.` });
  return {
    ...(configured.use === use ? configured : { use }),
    ...(ingress === undefined ? {} : { ingressUrl: ingress }),
    ...(admin === undefined ? {} : { adminUrl: admin }),
    ...(number === undefined ? {} : { port: number }),
  };
}
