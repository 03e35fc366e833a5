import type { AgentContext } from '@fw/agents-core';
import type { ArchitectDuty, DutyEnd } from './duty.ts';
import { endAnalysis } from './end-analysis.ts';
import { endDesign } from './end-design.ts';
import { endPlanning } from './end-planning.ts';

type View = Pick<AgentContext, 'task' | 'artifacts' | 'requests'>;

const ends: { readonly [Duty in ArchitectDuty]: (view: View) => DutyEnd } = { planning: endPlanning, analysis: endAnalysis, design: endDesign };

/** The end of a duty in this context. Each call gives a fresh one: it counts how often it had to ask again. */
export function endOf(duty: ArchitectDuty, view: View): DutyEnd {
  return ends[duty](view);
}
