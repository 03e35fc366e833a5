import { failedWith } from '../failed-with.ts';
import { isModelError } from '../is-model-error.ts';
import type { FailureKind, ModelError } from '../model-error.ts';
import { parseJson } from '../parse-json.ts';
import { retryTime } from '../retry-after.ts';
import { fieldsOf, listField, textField } from './json-fields.ts';
import type { Fields } from './json-fields.ts';

/** What a service said about a failure, by a status or by an event. */
export interface SaidFailure {
  readonly status: number | undefined;
  /** Its codes and types, in lower case. */
  readonly word: string;
  readonly message: string;
  readonly details: readonly Fields[];
}

/** A failure in our words; `hint` is added to the message. */
export interface KnownFailure {
  readonly kind: FailureKind;
  readonly hint?: string;
  /** Where the service says it in the body instead of a header. */
  readonly retryAfterMs?: number;
}

export interface FailureContext {
  readonly id: string;
  /** What this service means by what it says. */
  kindOf(said: SaidFailure): KnownFailure;
  redact(text: string): string;
  now(): number;
}

/** A request that was turned away. The error holds nothing of the answer but its message: the rest may hold secrets. */
export function refusedAs(answer: { readonly status: number; readonly headers: Headers; readonly body: string }, context: FailureContext): ModelError {
  const parsed = parseJson(answer.body);
  const said = readFailure('value' in parsed ? parsed.value : answer.body, answer.status);
  return saidAs(said, context, retryTime(answer.headers, context.now()));
}

/** An error that arrived as an event. */
export function eventAs(event: unknown, context: FailureContext): ModelError {
  return saidAs(readFailure(event, undefined), context, undefined);
}

/** Whatever else an SDK threw. */
export function thrownAs(error: unknown, seen: { readonly answered: boolean; readonly endedInEvent: boolean }, context: FailureContext): ModelError {
  const own = ownError(error);
  if (own !== undefined) return own;
  const body = eventBehind(error);
  if (body !== undefined) return eventAs(body, context);
  if (seen.endedInEvent) return failedWith('truncated', `The answer of ${context.id} ended in the middle of an event.`);
  if (error instanceof SyntaxError || /pars(e|ing)\b/i.test((error as Error | undefined)?.message ?? '')) {
    return failedWith('protocol', `${context.id} sent an event that is no JSON.`);
  }
  const reason = context.redact(networkReason(error));
  return seen.answered
    ? failedWith('truncated', `The connection to ${context.id} broke in the middle of the answer: ${reason}.`)
    : failedWith('network', `${context.id} could not be reached: ${reason}.`);
}

function saidAs(said: SaidFailure, context: FailureContext, headerTime: number | undefined): ModelError {
  const { kind, hint = '', retryAfterMs } = context.kindOf(said);
  const bodyTime = retryAfterMs === undefined ? undefined : context.now() + retryAfterMs;
  const retryAt = headerTime ?? bodyTime;
  const how = said.status === undefined ? 'reported an error' : `answered HTTP ${said.status}`;
  return failedWith(kind, context.redact(`${context.id} ${how}: ${said.message}${hint}`), {
    ...(said.status === undefined ? {} : { status: said.status }),
    ...(retryAt === undefined ? {} : { retryAt }),
  });
}

function readFailure(value: unknown, httpStatus: number | undefined): SaidFailure {
  const outer = fieldsOf(Array.isArray(value) ? value[0] : value);
  const error = typeof outer['error'] === 'object' && outer['error'] !== null ? fieldsOf(outer['error']) : outer;
  // Some gateways put the status into the error event of a stream.
  const code = Number(error['code'] ?? Number.NaN);
  const status = httpStatus ?? (code >= 400 && code < 600 ? code : undefined);
  const plain = typeof value === 'string' ? value : textField(outer, 'error');
  const text = textField(error, 'message') || plain || 'no more was said';
  return {
    status,
    word: ['code', 'type', 'status'].map((name) => (typeof error[name] === 'string' || typeof error[name] === 'number' ? String(error[name]) : '')).join(' ').slice(0, 200).toLowerCase(),
    message: /<(!doctype|html)/i.test(text.slice(0, 500)) ? 'a web page' : text.slice(0, 600),
    details: listField(error, 'details'),
  };
}

function ownError(error: unknown): ModelError | undefined {
  // The SDK wraps what its fetch throws.
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    if (isModelError(inner)) return inner;
  }
  return undefined;
}

/** The event that an SDK made an error of: as a field of it, or as JSON in its message. */
function eventBehind(error: unknown): unknown {
  const { error: body, message } = fieldsOf(error);
  if (body !== undefined) return typeof body === 'string' ? { error: { message: body } } : body;
  const start = typeof message === 'string' ? message.indexOf('{"error"') : -1;
  if (start < 0) return undefined;
  const parsed = parseJson((message as string).slice(start));
  return 'value' in parsed ? parsed.value : undefined;
}

function networkReason(error: unknown): string {
  let reason = error instanceof Error ? error.message : String(error);
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    const { code } = inner as { readonly code?: unknown };
    reason = typeof code === 'string' ? code : inner.message;
  }
  return reason.slice(0, 300).replace(/\.$/, '');
}
