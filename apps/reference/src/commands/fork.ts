import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { followRun } from '../follow-run.ts';
import { homeFolder } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { readInvocation, saveInvocation } from '../invocation.ts';
import { openForResume, openStore } from '../open-framework.ts';
import { resolveRun } from '../resolve-run.ts';

export interface ForkOptions {
  readonly at: string;
  readonly set?: readonly string[];
  readonly id?: string;
  readonly confirm?: readonly string[];
}

/** `fw fork`: a new run that takes over another one up to an entry, and goes on from there. */
export async function fork(context: CliContext, id: string, options: ForkOptions): Promise<number> {
  const at = Number(options.at);
  if (!/^\d{1,9}$/.test(options.at)) throw new AppError('FW_USAGE', { message: `--at "${options.at}" is no entry: a number, as "fw logs ${id}" shows them, or 0 to begin anew.` });
  const models = readModels(options.set ?? []);
  const store = await openStore(context);
  const known = await resolveRun(store, id).finally(() => store.close());
  const home = homeFolder(context.environment);
  const first = await readInvocation(home, known.id);
  const file = context.config ?? first?.config;
  const workspace = first?.workspace ?? known.workspace;

  return followRun(context, {
    interruption: listenForInterruption(),
    open: () => openForResume(context, { workspace, sandbox: first?.unsandboxed === true ? 'off' : 'required', ...(file === undefined ? {} : { file }), ...(first?.model === undefined ? {} : { model: first.model }) }),
    async start(framework) {
      const run = await framework.fork(known.id, {
        at, ...(models === undefined ? {} : { models }), ...(options.id === undefined ? {} : { id: options.id }), ...(options.confirm === undefined ? {} : { confirm: options.confirm }),
      });
      // Where the change of the first run was to go is that run's affair.
      const { branch: _branch, apply: _apply, ...rest } = first ?? { workspace, unsandboxed: false };
      await saveInvocation(home, run.id, rest);
      return run;
    },
  });
}

/** `model.developer=provider/name`. */
function readModels(set: readonly string[]): { readonly [agent: string]: string } | undefined {
  if (set.length === 0) return undefined;
  return Object.fromEntries(set.map((one) => {
    const [, agent, model] = /^model\.([a-z]+)=(\S+)$/.exec(one) ?? [];
    if (agent === undefined || model === undefined) throw new AppError('FW_USAGE', { message: `--set "${one}" cannot be set. What can: model.<agent>=<provider/name or alias>.` });
    return [agent, model];
  }));
}
