import { WorkflowError } from '@fw/workflow';

export interface RefusedRequest {
  readonly url: string;
  readonly service: string;
  readonly status: number;
  /** The body of the answer. */
  readonly text: string;
}

/** What an answer of Restate that refuses a request says. */
export function readProblem({ url, service, status, text }: RefusedRequest): WorkflowError {
  const said = messageOf(text);
  if (status === 409 && said.includes('FW_SIGNAL_ANSWERED')) return new WorkflowError('FW_SIGNAL_ANSWERED', { message: said });
  if (status === 404 && /service/i.test(said)) {
    return new WorkflowError('FW_RESTATE_NO_WORKER', { message: `Nobody serves "${service}" on that Restate: ${said} Start a worker: fw worker --engine restate, or an engine with agents.`, retryable: true });
  }
  return new WorkflowError('FW_RESTATE_REFUSED', { message: `Restate refused ${url} with ${status}: ${said}`, retryable: status >= 500 });
}

function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    if (typeof message === 'string') return message.slice(0, 2_000);
  } catch {
    // Not JSON: shown as it is.
  }
  return text.slice(0, 2_000);
}
