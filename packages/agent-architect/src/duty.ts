import type { Json, TerminalTool, ToolExchange } from '@fw/agents-core';

/** What the architect can be asked for. */
export type ArchitectDuty = 'planning' | 'analysis' | 'design';

/** Which duty a state of the workflow asks for. */
export type DutyByState = { readonly [state: string]: ArchitectDuty };

export const defaultStates: DutyByState = { planning: 'planning', analysis: 'analysis', design: 'design' };

/** How one duty ends: the tool that hands the outcome in, and the artifact that is made of it. */
export interface DutyEnd {
  readonly tool: TerminalTool;
  readonly artifact: { readonly kind: string; readonly title: string; readonly schema: string };
  /** Adds what the model left out although it was asked again. */
  complete(input: Json, exchanges: readonly ToolExchange[]): Json;
}
