import path from 'node:path';
import { defineWorkflow, softwareDelivery, workflowDiagram } from '@fw/framework';
import type { WorkflowDefinition } from '@fw/framework';
import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels, readConfig } from '../open-framework.ts';
import { plainLine } from '../plain-text.ts';
import { readJsonFile } from '../read-json-file.ts';

/** `fw workflow show`: a definition as a Mermaid diagram, or as JSON; without a file the one that `fw run` uses with this config. */
export async function workflowShow(context: CliContext, file: string | undefined): Promise<number> {
  const definition = defineWorkflow((file === undefined ? await readOwn(context) : await readDefinition(context, file)) as WorkflowDefinition);
  context.terminal.print(context.output === 'text' ? workflowDiagram(definition) : jsonLine(definition));
  return exitCodes.success;
}

/** `fw workflow check`: whether a definition can be used, and which place of it is wrong. Exit 3 when it cannot. */
export async function workflowCheck(context: CliContext, file: string): Promise<number> {
  const given = await readDefinition(context, file);
  try {
    const { name, version, states } = defineWorkflow(given as WorkflowDefinition);
    if (context.output === 'text') context.terminal.print(`${plainLine(name, 200)} ${plainLine(version, 100)} can be used: ${String(Object.keys(states).length)} states.\n`);
    else context.terminal.print(jsonLine({ valid: true, name, version }));
    return exitCodes.success;
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code !== 'FW_WORKFLOW_ILLEGAL') throw error;
    if (context.output === 'text') context.terminal.print(`It cannot be used. ${plainLine(message, 2_000)}\n`);
    else context.terminal.print(jsonLine({ valid: false, code, message }));
    return exitCodes.config;
  }
}

async function readOwn(context: CliContext): Promise<unknown> {
  const { config } = await readConfig(context, { workspace: context.directory, ...(context.config === undefined ? {} : { file: context.config }) });
  const { definition = softwareDelivery } = config.workflow ?? {};
  if (typeof definition !== 'string') return definition;
  // A plugin has it.
  const framework = await openWithoutModels(context, config);
  return framework.workflow().finally(() => framework.close());
}

function readDefinition(context: CliContext, file: string): Promise<unknown> {
  return readJsonFile('workflow', path.resolve(context.directory, file));
}
