import { checkWorkflow, softwareDelivery } from '@fw/workflow';
import type { FinalState, StateDefinition, WorkflowDefinition } from '@fw/workflow';
import { advise } from './config-issue.ts';
import type { Config } from './config.ts';
import { isContributedName } from './contributed-name.ts';
import { FrameworkError } from './framework-error.ts';
import { guardNames } from './guards.ts';

/** In which states an agent of ours knows what it is asked for, by what the state needs of it. */
const placesOf: { readonly [capability: string]: readonly string[] } = {
  plan: ['planning'], analyse: ['analysis'], design: ['design'], 'review-design': ['design'], review: ['validation', 'review'],
};

/** The machine of runs that are begun with a config: its own, or `softwareDelivery`. @throws FrameworkError `FW_CONFIG_INVALID`. */
export function workflowOf(config: Config): WorkflowDefinition {
  const problem = workflowProblem(config);
  if (problem !== undefined) throw new FrameworkError('FW_CONFIG_INVALID', { message: `${problem}.` });
  return definitionIn(config);
}

/** Why the `workflow` of a config cannot be used, with the place; undefined when it can, or when that is known only with its plugin. */
export function workflowProblem(config: Config): string | undefined {
  const { definition, approvals = [] } = config.workflow ?? {};
  if (typeof definition === 'string') {
    if (!isContributedName(definition)) return `workflow.definition: "${definition}" is the name of a file; give what is in it`;
    return (config.plugins ?? []).length > 0 ? undefined : `workflow.definition: "${definition}" would come from a plugin, and none is listed under "plugins"`;
  }
  if (definition !== undefined) {
    const problem = definitionProblem(definition);
    if (problem !== undefined) return `workflow.definition.${problem}`;
  }
  const gates = Object.entries(definitionIn(config).states).flatMap(([name, state]) => ('approval' in state && state.approval !== undefined ? [name] : []));
  const index = approvals.findIndex((name) => !gates.includes(name));
  return index === -1 ? undefined : `workflow.approvals.${String(index)}: "${approvals[index]!}" is not possible${advise(approvals[index]!, gates)}`;
}

/** Why a machine cannot be one of runs, with the place in it; undefined when it can. */
export function definitionProblem(definition: unknown): string | undefined {
  const problem = checkWorkflow(definition)[0];
  return problem === undefined ? findUnusable(definition as WorkflowDefinition) : `${problem.place}: ${problem.message}`;
}

const definitionIn = ({ workflow }: Config): WorkflowDefinition => (workflow?.definition ?? softwareDelivery) as unknown as WorkflowDefinition;

/** What a machine of a run has to keep to beside its form: the gate stands before success, and who works in a state knows it. */
function findUnusable({ states }: WorkflowDefinition): string | undefined {
  const isSuccess = (name: string): boolean => {
    const state = states[name];
    return state !== undefined && isFinal(state) && state.final === 'success';
  };
  for (const [name, state] of Object.entries(states)) {
    if (isFinal(state)) continue;
    for (const [outcome, arrow] of Object.entries(state.on)) {
      const place = `states.${name}.on.${outcome}`;
      if (isSuccess(arrow.to) && arrow.guard !== 'success') return `${place}: an arrow into "${arrow.to}" needs the guard "success", which is the verdict of the gate`;
      if (arrow.guard !== undefined && !guardNames.includes(arrow.guard)) return `${place}.guard: "${arrow.guard}" is not possible${advise(arrow.guard, guardNames)}`;
    }
    for (const [index, needed] of state.capabilities.entries()) {
      const places = Object.hasOwn(placesOf, needed) ? placesOf[needed]! : undefined;
      if (places !== undefined && !places.includes(name)) return `states.${name}.capabilities.${String(index)}: "${needed}" is done in a state named ${places.map((known) => `"${known}"`).join(' or ')}`;
    }
  }
  return undefined;
}

const isFinal = (state: StateDefinition): state is FinalState => 'final' in state;
