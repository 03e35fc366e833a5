import { plainLine } from '../plain-text.ts';

export interface Explained {
  readonly status: 400 | 404 | 409 | 429 | 500 | 503;
  readonly code: string;
  readonly message: string;
}

const statuses: { readonly [code: string]: Explained['status'] } = {
  FW_RUN_UNKNOWN: 404, FW_PLACE_UNKNOWN: 404, FW_WORKSPACE_MISSING: 404, FW_RUN_NOT_WAITING: 409, FW_SIGNAL_ANSWERED: 409, FW_ANSWER_INVALID: 400,
  FW_WORKFLOW_LEASED: 409, FW_WORKFLOW_UNCONFIRMED: 409, FW_UI_COMMAND: 409, FW_UI_BUSY: 429,
};

/** What a request that cannot be met is answered with. What was not foreseen says nothing of itself. */
export function explainError(error: unknown): Explained {
  const { code, message, name } = error as { readonly code?: unknown; readonly message?: unknown; readonly name?: unknown };
  if (name === 'ZodError' || name === '$ZodError' || error instanceof SyntaxError || error instanceof URIError) return { status: 400, code: 'FW_UI_REQUEST', message: 'This request is not one that can be understood.' };
  const known = typeof code === 'string' && Object.hasOwn(statuses, code) ? statuses[code] : undefined;
  if (known !== undefined) return { status: known, code: code as string, message: plainLine(String(message), 1_000) };
  return { status: 500, code: typeof code === 'string' && code.startsWith('FW_') ? code : 'FW_UI_INTERNAL', message: typeof code === 'string' && code.startsWith('FW_') ? plainLine(String(message), 1_000) : 'This was not foreseen; the terminal of "fw ui" says more.' };
}
