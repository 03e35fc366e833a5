import type { CliContext } from '../cli-context.ts';
import { followRun } from '../follow-run.ts';
import { homeFolder } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { readInvocation } from '../invocation.ts';
import { openForRun, openWithoutModels } from '../open-framework.ts';
import { resolveRun } from '../resolve-run.ts';

export interface ResumeOptions {
  readonly model?: string;
  readonly unsandboxed?: boolean;
}

/** `fw resume`: continues a run with the flags it was started with, unless others are given. */
export async function resume(context: CliContext, id: string, options: ResumeOptions): Promise<number> {
  const store = await openWithoutModels(context);
  const known = await resolveRun(store, id).finally(() => store.close());
  const first = await readInvocation(homeFolder(context.environment), known.id);
  const file = context.config ?? first?.config;
  const model = options.model ?? first?.model;
  const unsandboxed = options.unsandboxed ?? first?.unsandboxed ?? false;

  return followRun(context, {
    interruption: listenForInterruption(),
    open: () => openForRun(context, {
      workspace: first?.workspace ?? known.workspace,
      sandbox: unsandboxed ? 'off' : 'required',
      ...(file === undefined ? {} : { file }),
      ...(model === undefined ? {} : { model }),
    }),
    start: (framework) => framework.resume(known.id),
  });
}
