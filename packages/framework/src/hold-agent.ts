import type { Json } from '@fw/agents-core';
import type { AgentLink, WireFailure } from '@fw/agents-core/wire';
import type { PluginPermissions } from '@fw/plugins';

/** Our tools that read files of the run, and those that write them. All others but the plugin's own are not for plugins in processes. */
const reading: readonly string[] = ['read_file', 'list_files', 'search', 'symbols', 'repository_map', 'diff', 'plan'];
const writing: readonly string[] = ['write_file', 'edit_file', 'apply_patch'];

/** Holds an agent of an isolated plugin to its permissions: they are as they were granted, so a replay refuses the same. */
export function holdAgent(plugin: string, permissions: PluginPermissions): Required<Pick<AgentLink, 'refuse' | 'mayCall'>> {
  const mayRead = permissions.fs?.read?.includes('workspace') === true;
  const mayWrite = permissions.fs?.write?.includes('workspace') === true;
  const mayCall = (tool: string): boolean => tool.startsWith(`${plugin}.`) || (mayRead && reading.includes(tool)) || (mayWrite && writing.includes(tool));
  const callTool = (call: Json | undefined): WireFailure | undefined => {
    const name = (call as { readonly name?: unknown } | null | undefined)?.name;
    return typeof name === 'string' && mayCall(name) ? undefined : denied(`The tool "${String(name)}" is not given to this plugin. Its own are, and with fs.read or fs.write of "workspace" those that read or write files.`);
  };
  return {
    mayCall,
    refuse(member, [first]) {
      switch (member) {
        case 'model.generate': return permissions.models?.maxUsdPerRun === undefined ? denied('permissions.models does not say what models may cost.') : undefined;
        case 'tools.call': return callTool(first);
        case 'tools.callAll': return Array.isArray(first) ? first.map(callTool).find((refused) => refused !== undefined) : denied('These are no calls.');
        case 'workspace.read':
        case 'workspace.tree': return mayRead ? undefined : denied('permissions.fs.read does not hold "workspace".');
        case 'workspace.write': return mayWrite ? undefined : denied('permissions.fs.write does not hold "workspace".');
        case 'workspace.run': return mayRun(first, permissions);
        case 'child': return denied('Runs of their own are not begun by plugins in processes.');
        case 'waitFor':
        case 'sleep': return undefined;
      }
    },
  };
}

/** Why a command is not run, if it is not: `permissions.exec` names programs, and what runs them is the sandbox of the run. */
export function mayRun(command: Json | readonly string[] | undefined, { exec = [] }: PluginPermissions): WireFailure | undefined {
  const program = Array.isArray(command) ? (command as readonly unknown[])[0] : undefined;
  return typeof program === 'string' && exec.includes(program) ? undefined : denied(`permissions.exec does not hold "${String(program)}".`);
}

export function denied(message: string): WireFailure {
  return { code: 'FW_PLUGIN_DENIED', message };
}
