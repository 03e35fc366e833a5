import { deliverToFolder } from '../apply-patch.ts';
import { deliverOnBranch, isDelivered } from '../branch-of-change.ts';
import type { CliContext } from '../cli-context.ts';
import { followRun } from '../follow-run.ts';
import { homeFolder } from '../home-folder.ts';
import { listenForInterruption } from '../interruption.ts';
import { readInvocation } from '../invocation.ts';
import { openForResume, openStore } from '../open-framework.ts';
import { resolveRun } from '../resolve-run.ts';

export interface ResumeOptions {
  readonly pinned?: boolean;
}

/** `fw resume`: continues a run with the config and the flags it was started with. */
export async function resume(context: CliContext, id: string, { pinned = false }: ResumeOptions = {}): Promise<number> {
  const store = await openStore(context);
  const known = await resolveRun(store, id).finally(() => store.close());
  const first = await readInvocation(homeFolder(context.environment), known.id);
  const file = context.config ?? first?.config;

  return followRun(context, {
    interruption: listenForInterruption(),
    open: () => openForResume(context, {
      workspace: first?.workspace ?? known.workspace,
      sandbox: first?.unsandboxed === true ? 'off' : 'required',
      ...(file === undefined ? {} : { file }),
      ...(first?.model === undefined ? {} : { model: first.model }),
    }),
    start: (framework) => framework.resume(known.id, { pinned }),
    async finish(ending) {
      if (first === undefined) return ending;
      const { branch, apply: fingerprint, workspace: folder } = first;
      const delivered = branch === undefined || await isDelivered(branch) ? ending : await deliverOnBranch(context, branch, ending, known.goal);
      return fingerprint === undefined ? delivered : deliverToFolder(context, { folder, fingerprint }, delivered);
    },
  });
}
