import type { FinishReason, Usage } from '@fw/models';
import type { Result } from './result.ts';

/** What a host tells about its agents while they work; live, for `createEvents<AgentEvents>()`. */
export interface AgentEvents {
  'agent.started': AgentPlace;
  'agent.finished': AgentPlace & { readonly status: Result['status'] | 'error'; readonly code?: string };
  'model.called': AgentPlace & { readonly model: string; readonly finishReason: FinishReason; readonly usage: Usage };
  'tool.called': AgentPlace & { readonly tool: string; readonly ok: boolean; readonly code?: string };
}

/** Which agent, and where in the run. */
export interface AgentPlace {
  readonly agent: string;
  readonly state: string;
  readonly visit: number;
  readonly path: string;
}
