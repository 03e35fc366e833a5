import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Config } from '@fw/framework';
import type { Evaluation, EvaluationRecord, Framework, Suite, TaskCheck } from '@fw/framework/evaluation';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { describeCheck, describeSample, renderEvaluation } from '../evaluation-text.ts';
import { exitCodes } from '../exit-code.ts';
import { homeFolder, makeHome } from '../home-folder.ts';
import { jsonLine } from '../json-line.ts';
import { matchesName } from '../matches-name.ts';
import { openForEvaluation } from '../open-framework.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { within } from '../within.ts';

export interface EvalOptions {
  readonly runs?: string;
  readonly task?: string;
  readonly against?: string;
  readonly model?: string;
  readonly againstModel?: string;
  readonly gold?: boolean;
  readonly empty?: boolean;
  readonly check?: boolean;
  readonly concurrency?: string;
  readonly minPass?: string;
  readonly resume?: string;
  readonly unsandboxed?: boolean;
}

/** One configuration: where it comes from, and what it was when the evaluation began. */
interface Arm {
  readonly config?: string;
  readonly model?: string;
  /** Of the config without its budgets, which may be raised. */
  readonly digest?: string;
}

/** What an evaluation was begun with, so that it goes on with the same. */
interface Invocation {
  readonly arms: readonly Arm[];
  readonly directory: string;
  readonly unsandboxed: boolean;
}

/** `fw eval`: a team, or a patch, measured on a folder of tasks with hidden tests. */
export async function evaluateSuite(context: CliContext, folder: string, options: EvalOptions): Promise<number> {
  const { checkSuite, evaluate, readEvaluation, readSuite } = await import('@fw/framework/evaluation');
  checkOptions(options);
  const minPass = readShare(options.minPass);
  const concurrency = readCount('--concurrency', options.concurrency, 64);
  const home = homeFolder(context.environment);
  const suite = await readSuite(path.resolve(context.directory, folder));
  await makeHome(home, suite.folder);
  const before = options.resume === undefined ? undefined : await readEvaluation(home, options.resume);
  const invocation = before === undefined ? readInvocation(context, options) : before.invocation as unknown as Invocation;
  const arms = (before?.mode ?? modeOf(options)) === 'model' && options.check !== true ? await openArms(context, suite, invocation) : [];
  const frameworks = arms.map(({ framework }) => framework);
  const record = before ?? await newRecord(suite, options, { ...invocation, ...(arms.length > 0 && { arms: arms.map(({ arm }) => arm) }) });
  const shared = { suite, home, record, ...(concurrency === undefined ? {} : { concurrency }) };
  const show = createView(context, options.check === true ? undefined : Object.keys(record.tasks).length * record.runs * record.arms.length);

  if (options.check === true) {
    const checks = await untilInterrupted((signal) => checkSuite({ ...shared, sandbox: 'preferred', signal, onCheck: show.check }));
    if (typeof checks === 'number') return checks;
    const broken = checks.filter(({ status }) => status === 'broken');
    const checked = { version: 1, suite: { name: suite.name, version: suite.version, folder: suite.folder } };
    if (context.output === 'json') context.terminal.print(jsonLine({ ...checked, tasks: checks.map(checkOf) }));
    else if (context.output === 'ndjson') context.terminal.print(jsonLine({ type: 'suite.checked', ...checked, tasks: checks.length, broken: broken.length }));
    else context.terminal.print(`${String(checks.length - broken.length)} of ${String(checks.length)} tasks measure what they say.\n`);
    return broken.length === 0 ? exitCodes.success : exitCodes.failed;
  }

  try {
    const sandbox = record.mode !== 'model' ? 'preferred' : invocation.unsandboxed ? 'off' : 'required';
    let evaluation: Evaluation | undefined;
    const ended = await untilInterrupted(async (signal) => {
      signal.addEventListener('abort', () => { for (const framework of frameworks) void framework.close(); }, { once: true });
      evaluation = await evaluate({ ...shared, frameworks, sandbox, signal, onCheck: show.check, onSample: show.sample });
      return evaluation;
    });
    const interruptedBy = typeof ended === 'number' ? ended : undefined;
    const exitCode = interruptedBy ?? (evaluation === undefined ? exitCodes.internal : exitCodeOf(evaluation, minPass));
    if (evaluation !== undefined) {
      context.terminal.print(context.output === 'text' ? renderEvaluation(evaluation) : jsonLine({ ...(context.output === 'ndjson' && { type: 'evaluation.finished' }), ...evaluation, exitCode }));
    }
    if (interruptedBy !== undefined || evaluation?.status === 'stopped') context.terminal.note(`fw: stopped; what is judged is kept. Continue with: fw eval ${folder} --resume ${record.id}\n`);
    return exitCode;
  } finally {
    await within(15_000, Promise.all(frameworks.map((framework) => framework.close())).then(() => undefined));
  }
}

const modeOf = (options: EvalOptions): EvaluationRecord['mode'] => (options.gold === true ? 'gold' : options.empty === true ? 'empty' : 'model');

function readInvocation(context: CliContext, options: EvalOptions): Invocation {
  const arm = (config: string | undefined, model: string | undefined): Arm => ({ ...(config === undefined ? {} : { config }), ...(model === undefined ? {} : { model }) });
  const against = options.against === undefined ? context.config : path.resolve(context.directory, options.against);
  const second = options.against === undefined && options.againstModel === undefined ? [] : [arm(against, options.againstModel ?? options.model)];
  return { arms: [arm(context.config, options.model), ...second], directory: context.directory, unsandboxed: options.unsandboxed === true };
}

async function newRecord(suite: Suite, options: EvalOptions, invocation: Invocation): Promise<EvaluationRecord> {
  const { newEvaluationId } = await import('@fw/framework/evaluation');
  const pattern = options.task;
  const tasks = suite.tasks.filter(({ id }) => pattern === undefined || matchesName(id, pattern));
  if (tasks.length === 0) throw new AppError('FW_USAGE', { message: `--task "${String(pattern)}" names no task of ${suite.name}. Tasks: ${suite.tasks.map(({ id }) => id).join(', ')}.` });
  const mode = modeOf(options);
  return {
    version: 1, id: newEvaluationId(), suite: suite.folder, mode,
    arms: mode === 'model' ? invocation.arms.map((_, index) => ['a', 'b'][index] ?? '') : [mode],
    runs: readCount('--runs', options.runs, 1_000) ?? (mode === 'model' ? suite.defaults.runs ?? 1 : 1),
    tasks: Object.fromEntries(tasks.map(({ id, digest }) => [id, digest])),
    invocation: JSON.parse(JSON.stringify(invocation)) as EvaluationRecord['invocation'],
  };
}

/** The framework of each configuration; the suite's budget is that of the evaluation unless the config has its own. */
async function openArms(context: CliContext, suite: Suite, { arms, directory, unsandboxed }: Invocation): Promise<readonly { readonly arm: Arm; readonly framework: Framework }[]> {
  const budget = suite.defaults.budget;
  const defaults: Config = budget === undefined ? {} : { budgets: { evaluation: budget } };
  const opened: { readonly arm: Arm; readonly framework: Framework }[] = [];
  for (const { config: file, model, digest: before } of arms) {
    const { config, framework } = await openForEvaluation(context, {
      workspace: directory, defaults, sandbox: unsandboxed ? 'off' : 'required', ...(file === undefined ? {} : { file }), ...(model === undefined ? {} : { model }),
    });
    const { budgets: _budgets, ...rest } = config;
    const digest = createHash('sha256').update(JSON.stringify(rest)).digest('hex');
    if (before !== undefined && before !== digest) throw new AppError('FW_USAGE', { message: `The config${file === undefined ? '' : ` ${file}`} is not what the evaluation began with; only budgets may change. Begin a new one.` });
    opened.push({ arm: { ...(file === undefined ? {} : { config: file }), ...(model === undefined ? {} : { model }), digest }, framework });
  }
  return opened;
}

function exitCodeOf({ stopped, arms }: Evaluation, minPass: number | undefined): number {
  if (stopped !== undefined) return stopped.exitCode;
  const rate = arms[0]?.passAt1?.value;
  if (rate === undefined) return exitCodes.failed;
  return minPass !== undefined && rate < minPass ? exitCodes.failed : exitCodes.success;
}

function createView({ output, quiet, terminal }: CliContext, planned: number | undefined): { check(check: TaskCheck): void; sample(sample: Parameters<typeof describeSample>[0]): void } {
  let judged = 0;
  return {
    check(check) {
      if (output === 'ndjson') terminal.print(jsonLine({ type: 'task.checked', ...checkOf(check) }));
      else if (output === 'text' && !quiet && (planned === undefined || check.status === 'broken')) terminal.print(describeCheck(check));
    },
    sample(sample) {
      judged += 1;
      if (output === 'ndjson') terminal.print(jsonLine({ type: 'run.judged', ...sample }));
      else if (output === 'text' && !quiet) terminal.print(describeSample(sample, judged, planned ?? judged));
    },
  };
}

const checkOf = ({ task, status, reasons, required, hidden }: TaskCheck): object => ({ task, status, reasons, tests: required.length, hidden });

function checkOptions(options: EvalOptions): void {
  if (options.check === true && options.minPass !== undefined) throw new AppError('FW_USAGE', { message: '--check runs no task, so --min-pass cannot be had with it.' });
  const modes = [options.gold === true && '--gold', options.empty === true && '--empty', options.check === true && '--check'].filter((mode) => mode !== false);
  const refuse = (message: string): never => { throw new AppError('FW_USAGE', { message }); };
  if (modes.length > 1) refuse(`${modes.join(' and ')} cannot be had together.`);
  const ofModels = ([['--against', options.against], ['--model', options.model], ['--against-model', options.againstModel], ['--unsandboxed', options.unsandboxed]] as const).find(([, value]) => value !== undefined);
  if (modes[0] !== undefined && ofModels) refuse(`${modes[0]} uses no model, so ${ofModels[0]} cannot be had with it.`);
  if (options.resume === undefined) return;
  const fixed = (['runs', 'task', 'against', 'model', 'againstModel', 'gold', 'empty', 'check', 'unsandboxed'] as const).find((name) => options[name] !== undefined);
  if (fixed !== undefined) refuse(`--resume goes on with what the evaluation began with, so --${fixed.replace('M', '-m')} cannot be had with it.`);
}

function readCount(name: string, value: string | undefined, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,6}$/.test(value) && Number(value) >= 1 && Number(value) <= most) return Number(value);
  throw new AppError('FW_USAGE', { message: `${name} "${value}" is not possible: a whole number from 1 to ${String(most)}.` });
}

function readShare(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^(0(\.\d+)?|1(\.0+)?)$/.test(value)) return Number(value);
  throw new AppError('FW_USAGE', { message: `--min-pass "${value}" is not possible: a share from 0 to 1, such as 0.9.` });
}
