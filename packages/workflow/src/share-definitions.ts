import type { WorkflowDefinition } from './definition.ts';

/** Gives equal definitions as one object: runs that are begun one after the other mostly have the same, and each would keep a copy. Nobody may change it. */
export function shareDefinitions(): (definition: WorkflowDefinition) => WorkflowDefinition {
  let last: { readonly text: string; readonly definition: WorkflowDefinition } | undefined;
  return (definition) => {
    const text = JSON.stringify(definition);
    if (last?.text !== text) last = { text, definition: JSON.parse(text) as WorkflowDefinition };
    return last.definition;
  };
}
