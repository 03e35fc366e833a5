import type { TaskWorkspace } from '@fw/agents-core';
import { joinUsage, usageOf } from './resource-usage.ts';
import type { ResourceUsage } from './resource-usage.ts';

/** A workspace that keeps account of what its commands take. */
export function meterRuns(workspace: TaskWorkspace): { readonly workspace: TaskWorkspace; usage(): ResourceUsage | undefined } {
  let usage: ResourceUsage | undefined;
  return {
    usage: () => usage,
    workspace: {
      ...workspace,
      async run(command, options) {
        const result = await workspace.run(command, options);
        usage = joinUsage(usage, usageOf(result));
        return result;
      },
    },
  };
}
