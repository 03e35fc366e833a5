import { isFinal } from './definition.ts';
import type { WorkflowDefinition } from './definition.ts';
import type { Selection } from './manager.ts';

/** The machine as a Mermaid state diagram: events and guards on the arrows, capabilities (and the agents chosen) in the states. */
export function workflowDiagram(definition: WorkflowDefinition, selection: Selection = {}): string {
  const lines = ['stateDiagram-v2', `  [*] --> ${definition.initial}`];
  for (const [name, state] of Object.entries(definition.states)) {
    if (isFinal(state)) {
      lines.push(`  ${name} --> [*]`);
      continue;
    }
    const agents = selection[name];
    const facts = [
      state.capabilities.join(state.parallel ? ' ∥ ' : ', '),
      ...(agents && agents.length > 0 ? [`by ${agents.join(', ')}`] : []),
      ...(state.approval ? [`approval: ${state.approval.when}`] : []),
      ...(state.timeoutMs !== undefined ? [`at most ${state.timeoutMs} ms`] : []),
    ];
    lines.push(`  ${name} : ${name}<br/>${facts.map(escape).join('<br/>')}`);
    for (const [outcome, arrow] of Object.entries(state.on)) {
      if (arrow) lines.push(`  ${name} --> ${arrow.to} : ${escape(arrow.event)}${arrow.guard === undefined ? '' : ` [${escape(arrow.guard)}]`}${outcome === 'done' ? '' : ` (${outcome})`}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Text of a label: nothing that Mermaid or a page around it would take for its own. */
const escape = (text: string): string => text.replaceAll(/[\u0000-\u001f:;#<>&"`{}|\\]/g, (character) => `#${character.codePointAt(0)};`);
