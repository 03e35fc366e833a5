/** What the architect can be asked for. */
export type ArchitectDuty = 'planning' | 'analysis' | 'design';

/** Which duty a state of the workflow asks for. */
export type DutyByState = { readonly [state: string]: ArchitectDuty };

export const defaultStates: DutyByState = { planning: 'planning', analysis: 'analysis', design: 'design' };
