import { advise } from './config-issue.ts';
import type { Config } from './config.ts';
import { FrameworkError } from './framework-error.ts';

/**
 * A name that no tool has would let every call through unseen. What a name with `*` stands for, and what an MCP server
 * offers, is only known later.
 * @throws FrameworkError `FW_CONFIG_INVALID`
 */
export function checkApprovedTools({ workflow, mcp }: Config, tools: readonly { readonly name: string }[]): void {
  const names = tools.map(({ name }) => name);
  const servers = Object.keys(mcp ?? {});
  for (const [index, name] of (workflow?.approveTools ?? []).entries()) {
    if (name.endsWith('*') || names.includes(name) || servers.some((server) => name.startsWith(`${server}__`))) continue;
    throw new FrameworkError('FW_CONFIG_INVALID', { message: `workflow.approveTools.${index}: no agent has a tool "${name}"${advise(name, names)}` });
  }
}
