import { failedWith } from '../failed-with.ts';
import { isModelError } from '../is-model-error.ts';
import type { FailureKind, ModelError } from '../model-error.ts';
import { retryTime } from '../retry-after.ts';

export interface FailureContext {
  readonly id: string;
  /** Whether a part of the answer had arrived. */
  readonly started: boolean;
  redact(text: string): string;
  readonly now: number;
}

/** The SDK's error, or one that hides behind it, as ours. Its cause is left behind: it holds headers and bodies. */
export function classify(error: unknown, context: FailureContext): ModelError {
  const own = ownError(error);
  if (own !== undefined) return own;
  const seen = readError(error);
  if (seen.isAnswer) {
    const { kind, hint } = kindOfAnswer(seen);
    const status = seen.status === undefined ? {} : { status: seen.status };
    const retryAt = seen.headers === undefined ? undefined : retryTime(seen.headers, context.now);
    const said = seen.status === undefined ? 'reported an error' : `answered HTTP ${seen.status}`;
    const message = context.redact(`${context.id} ${said}: ${seen.message}${hint}`);
    return failedWith(kind, message, { ...status, ...(retryAt === undefined ? {} : { retryAt }) });
  }
  if (error instanceof SyntaxError) return failedWith('protocol', `${context.id} sent an event that is no JSON.`);
  const reason = context.redact(networkReason(error));
  return context.started
    ? failedWith('truncated', `The connection to ${context.id} broke in the middle of the answer: ${reason}.`)
    : failedWith('network', `${context.id} could not be reached: ${reason}.`);
}

function ownError(error: unknown): ModelError | undefined {
  // The SDK wraps what its fetch throws.
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    if (isModelError(inner)) return inner;
  }
  return undefined;
}

interface SeenError {
  /** The service itself said so, by a status or by an event. */
  readonly isAnswer: boolean;
  readonly status: number | undefined;
  readonly word: string;
  readonly message: string;
  readonly headers: Headers | undefined;
}

function readError(error: unknown): SeenError {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as { readonly [name: string]: unknown };
  const body = (typeof fields['error'] === 'object' && fields['error'] !== null ? fields['error'] : {}) as { readonly [name: string]: unknown };
  const code = fields['code'] ?? body['code'];
  // Some gateways put the status into the error event of a stream.
  const inEvent = typeof code === 'number' && code >= 400 && code < 600 ? code : undefined;
  const status = typeof fields['status'] === 'number' ? fields['status'] : inEvent;
  const text = typeof body['message'] === 'string' ? body['message'] : error instanceof Error ? error.message : String(error);
  return {
    isAnswer: status !== undefined || fields['error'] !== undefined,
    status,
    word: `${String(code ?? '')} ${String(fields['type'] ?? body['type'] ?? '')}`.slice(0, 200).toLowerCase(),
    message: /<(!doctype|html)/i.test(text.slice(0, 500)) ? 'a web page' : text.slice(0, 600),
    headers: fields['headers'] instanceof Headers ? fields['headers'] : undefined,
  };
}

function kindOfAnswer({ status, word, message }: SeenError): { readonly kind: FailureKind; readonly hint: string } {
  const is = (kind: FailureKind, hint = ''): { readonly kind: FailureKind; readonly hint: string } => ({ kind, hint });
  if (/insufficient_quota|billing_hard_limit|billing_not_active/.test(word) || status === 402) return is('quota');
  if (/context_length|string_above_max_length|exceed_context_size/.test(word)) return is('context');
  if (status === 429 || /rate_limit/.test(word)) return is('rate-limit');
  if (status === 401 || status === 403 || /invalid_api_key|authentication/.test(word)) return is('auth');
  if (status === 404 || /model_not_found/.test(word)) return is('model-gone', ' Check the name of the model and the baseURL.');
  if (/content_policy|content_filter|safety/.test(word)) return is('policy');
  if (status === 503 || status === 529 || /overloaded/.test(word)) return is('overloaded');
  if (status !== undefined && status >= 300 && status < 400) return is('invalid', ' It redirects: give its final address as baseURL.');
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) {
    if (/context (length|window|size)|maximum context|too many tokens|prompt is too long/i.test(message)) return is('context');
    return is(/unsupported|unknown_parameter|unrecognized/.test(word) || /unsupported (parameter|value)|unrecognized request argument/i.test(message) ? 'parameter' : 'invalid');
  }
  return is('server');
}

function networkReason(error: unknown): string {
  let reason = error instanceof Error ? error.message : String(error);
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    const { code } = inner as { readonly code?: unknown };
    reason = typeof code === 'string' ? code : inner.message;
  }
  return reason.slice(0, 300).replace(/\.$/, '');
}
