import { openModels } from '@fw/framework';
import type { ModelRegistry } from '@fw/framework';
import { bundledPrices, costOf, noUsage } from '@fw/models';
import type { Attempt, ModelError, Usage } from '@fw/models';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { readModels } from '../configured-models.ts';
import { adviceOnModels } from '../detect-providers.ts';
import { exitCodeOfError, exitCodes } from '../exit-code.ts';
import { formatCost, formatCount, formatDuration, formatTable, formatTokens } from '../format.ts';
import { homeFolder, makeHome } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { jsonLine } from '../json-line.ts';
import { newRunId } from '../new-run-id.ts';
import { controlPlugins } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { useProxies } from '../use-proxies.ts';

/** What one model answered to a word or two. */
interface Tested {
  readonly name: string;
  readonly status: 'answered' | 'failed';
  /** As the service named the model. */
  readonly answeredBy: string | null;
  readonly simulated: boolean;
  readonly usage: Usage;
  /** Its receipt: every attempt. */
  readonly attempts: readonly Attempt[];
  readonly code?: string;
  readonly message?: string;
}

const request = { messages: [{ role: 'user', content: 'Say ok.' }], maxOutputTokens: 16 } as const;
/** More than a service counts for so short a request. */
const mostInputTokens = 128;
const timeoutMs = 60_000;

/** `fw models test`: one tiny real call for each model, in the budgets and limits of the config. Says before what it may cost. */
export async function modelsTest(context: CliContext, given: readonly string[]): Promise<number> {
  const { config, environment } = await readModels(context);
  const providers = Object.keys(config.providers ?? {});
  if (providers.length === 0) throw new AppError('FW_PROVIDER_UNAVAILABLE', { message: adviceOnModels });
  const names = given.length > 0 ? given : Object.keys(config.models ?? {});
  if (names.length === 0) throw new AppError('FW_USAGE', { message: `The provider ${providers.join(', ')} can be used; say which model: fw models test ${String(providers[0])}/<name>.` });
  useProxies(context.environment);
  const home = homeFolder(context.environment);
  await makeHome(home, context.directory);
  const { registry, close } = await openModels({ config, home, environment, directory: context.directory, ...await controlPlugins(config, context.directory) });
  const interruption = listenForInterruption();
  const controller = new AbortController();
  let interrupted: number | undefined;
  void interruption.happened.then((exitCode) => {
    interrupted = exitCode;
    controller.abort();
  });
  try {
    for (const name of names) requireKnown(registry, name);
    if (context.output === 'text') context.terminal.note(`fw: sending ${formatCount(names.length, 'request')} of at most ${String(mostInputTokens + request.maxOutputTokens)} tokens, ${await describeCost(registry, names)}.\n`);
    const run = `models-test-${newRunId()}`;
    const tested: Tested[] = [];
    for (const name of names) {
      tested.push(await testOne(registry, name, run, controller.signal));
      if (interrupted !== undefined) return interrupted;
    }
    print(context, { run, models: tested, usage: registry.usage({ run }) });
    const failed = tested.find(({ status }) => status === 'failed');
    return failed === undefined ? exitCodes.success : exitCodeOfError(failed);
  } finally {
    interruption.stopListening();
    await close();
  }
}

function requireKnown(registry: ModelRegistry, name: string): void {
  try {
    registry.get(name);
  } catch (error) {
    const { code, message } = error as ModelError;
    if (code === 'FW_MODEL_UNKNOWN') throw new AppError('FW_USAGE', { message, cause: error });
    // What else is wrong is the result of the test.
  }
}

/** The first model of each name: another one answers only when that one fails. */
async function describeCost(registry: ModelRegistry, names: readonly string[]): Promise<string> {
  const { models } = await registry.lock();
  const usage = { ...noUsage, inputTokens: mostInputTokens, outputTokens: request.maxOutputTokens };
  const costs = await Promise.all(names.map(async (name) => {
    if (isSimulated(registry, name)) return 0;
    const price = models[name] === undefined ? await bundledPrices().find(referenceOf(name), Date.now()) : (models[name].price ?? undefined);
    return price === undefined ? undefined : costOf(price, usage);
  }));
  const known = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  const unknown = costs.filter((cost) => cost === undefined).length;
  if (known === 0 && unknown === 0) return 'which cost nothing';
  const sum = known === 0 ? '' : `which may cost up to ${formatCost(known)} together`;
  return unknown === 0 ? sum : `${sum}${sum === '' ? '' : ', and '}${formatCount(unknown, 'model')} of unknown price`;
}

function isSimulated(registry: ModelRegistry, name: string): boolean {
  try {
    return registry.get(name).simulated === true;
  } catch {
    return false;
  }
}

function referenceOf(reference: string): { readonly provider: string; readonly name: string } {
  const [, provider = '', name = ''] = /^([^/]+)\/(.+?)(?:@[^@/]+)?$/.exec(reference) ?? [];
  return { provider, name };
}

async function testOne(registry: ModelRegistry, name: string, run: string, signal: AbortSignal): Promise<Tested> {
  try {
    const model = registry.get(name);
    const response = await model.generate(request, { scope: { run, agent: 'models-test' }, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
    return { name, status: 'answered', answeredBy: response.model, simulated: model.simulated === true, usage: response.usage, attempts: response.receipt.attempts };
  } catch (error) {
    const { code, message, receipt } = error as ModelError;
    const late = code === 'FW_MODEL_CANCELLED' && !signal.aborted;
    const attempts = receipt?.attempts ?? [];
    return { name, status: 'failed', answeredBy: null, simulated: false, usage: attempts.at(-1)?.usage ?? noUsage, attempts, code: code ?? 'FW_MODEL_FAILED', message: late ? `${name} did not answer within ${formatDuration(timeoutMs)}.` : message };
  }
}

function print({ output, terminal }: CliContext, result: { readonly run: string; readonly models: readonly Tested[]; readonly usage: Usage }): void {
  if (output !== 'text') return terminal.print(jsonLine(result));
  terminal.print(formatTable([
    ['MODEL', 'RESULT', 'ANSWERED BY', 'ATTEMPTS', 'TIME', 'TOKENS', 'COST'],
    ...result.models.map(({ name, status, answeredBy, simulated, attempts, usage }) => [
      plainLine(name, 100), status, `${plainLine(answeredBy ?? '–', 100)}${simulated ? ' (simulated)' : ''}`, String(attempts.length),
      formatDuration(attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0)), formatTokens(usage), formatCost(usage.costNanoUsd),
    ]),
  ]));
  for (const { name, attempts, code, message } of result.models) {
    for (const { model, failure } of attempts) if (failure !== undefined) terminal.print(`${plainLine(`${name}: ${model}: ${failure.kind}: ${failure.message}`)}\n`);
    if (code !== undefined && attempts.length === 0) terminal.print(`${plainLine(`${name}: ${code}: ${message ?? ''}`)}\n`);
  }
}
