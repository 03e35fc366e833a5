import { handlers, TerminalError, workflow } from '@restatedev/restate-sdk';
import type { DurablePromise, Request, WorkflowContext, WorkflowDefinition, WorkflowSharedContext } from '@restatedev/restate-sdk';
import type { Json } from '@fw/workflow';
import { WorkflowError } from '@fw/workflow';
import { Attempt } from './attempt.ts';
import type { AttemptOptions } from './attempt.ts';
import { gateHere } from './input-gate.ts';
import { CANCEL_PROMISE } from './run-promises.ts';
import type { Answer, CancelRequest } from './run-promises.ts';

export interface RunServiceOptions extends AttemptOptions {
  readonly service: string;
  readonly longestStepMs: number;
  readonly retentionMs: number;
}

export interface RunService {
  readonly definition: WorkflowDefinition<string, unknown>;
  /** Puts every run down; Restate tries them again elsewhere. Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

/** A run is never given up by Restate: a worker that is away for a week finds it. */
const RETRIES = { initialInterval: 50, exponentiationFactor: 2, maxInterval: 10_000, maxAttempts: 1_000_000_000, onMaxAttempts: 'pause' } as const;

/** The workflow that Restate calls: a run for each key, and the handlers by which it is answered and cancelled. */
export function createRunService(options: RunServiceOptions): RunService {
  const attempts = new Map<Request, Attempt>();
  const latest = new Map<string, Attempt>();
  let isStopped = false;
  const superseded = new WorkflowError('FW_WORKFLOW_ABORTED', { message: 'The attempt is over; another one goes on.' });
  const stopped = new WorkflowError('FW_WORKFLOW_ABORTED', { message: 'The worker stops; another one goes on.' });

  const driven = async (request: Request, next: () => Promise<void>): Promise<void> => {
    const before = latest.get(request.target.key!);
    // Restate has one attempt at a time: one that it has given up may not have heard of it, and would be waited for in vain.
    before?.stop(superseded);
    const attempt = new Attempt(request, options, before?.over, gateHere());
    attempts.set(request, attempt);
    latest.set(attempt.run, attempt);
    if (isStopped) attempt.stop(stopped);
    try {
      await next();
      await attempt.conclude();
    } catch (error) {
      await attempt.conclude({ error });
      throw error;
    } finally {
      attempts.delete(request);
      if (latest.get(attempt.run) === attempt) latest.delete(attempt.run);
    }
  };

  const definition = workflow({
    name: options.service,
    handlers: {
      run: handlers.workflow.workflow({
        hooks: [({ request }) => ({ interceptor: { handler: (next) => driven(request, next) } })],
      }, (context: WorkflowContext): Promise<Json> => attempts.get(context.request())!.drive(context)),
      answer: handlers.workflow.shared(async (context: WorkflowSharedContext, request: unknown) => {
        const { promise, ...answer } = readAnswer(request);
        const first = await resolveOnce(context.promise<Answer>(promise), answer);
        // The same request may come twice.
        if (first && (first.id === undefined || first.id !== answer.id)) throw new TerminalError(`FW_SIGNAL_ANSWERED: "${promise}" of run "${context.key}" takes no answer any more; a second one changes nothing.`, { errorCode: 409 });
      }),
      cancel: handlers.workflow.shared(async (context: WorkflowSharedContext, request: unknown) => {
        const { reason, at } = isObject(request) ? request : {};
        if (typeof reason !== 'string' || typeof at !== 'number') throw new TerminalError('To cancel a run takes { reason, at }.', { errorCode: 400 });
        await resolveOnce(context.promise<CancelRequest>(CANCEL_PROMISE), { reason, at });
      }),
    },
    options: {
      // The cancel of a run is one of the things that its one race waits for.
      explicitCancellation: true,
      // Below the longest step, a cancel would not reach the step any more, and it would run to its end and begin again, for ever.
      // Runs that only wait are put away by us.
      inactivityTimeout: options.longestStepMs,
      abortTimeout: options.longestStepMs,
      journalRetention: options.retentionMs,
      workflowRetention: options.retentionMs,
      retryPolicy: RETRIES,
      onJournalMismatchErrors: 'retry',
    },
  });

  return {
    definition: definition as WorkflowDefinition<string, unknown>,
    async stop() {
      isStopped = true;
      for (const attempt of attempts.values()) attempt.stop(stopped);
      await Promise.allSettled([...attempts.values()].map(({ over }) => over));
    },
  };
}

/** Whoever reaches Restate may call this. @throws TerminalError 400. */
function readAnswer(request: unknown): Answer & { readonly promise: string } {
  const { promise, id, at, value } = isObject(request) ? request : {};
  const isAnswer = typeof promise === 'string' && /^[1-9]\d*#./.test(promise) && (id === undefined || typeof id === 'string') && (at === undefined || typeof at === 'number') && value !== undefined;
  if (!isAnswer) throw new TerminalError('An answer is { promise: "<ordinal>#<name>", value, id?, at? }.', { errorCode: 400 });
  return { promise, value: value as Json, ...(id !== undefined && { id }), ...(at !== undefined && { at }) };
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } => value !== null && typeof value === 'object' && !Array.isArray(value);

/** What it was resolved with before; nothing when this was the first. */
async function resolveOnce<T>(promise: DurablePromise<T>, value: T): Promise<T | undefined> {
  const before = await promise.peek();
  if (before !== undefined) return before;
  try {
    await promise.resolve(value);
    return undefined;
  } catch (error) {
    // Somebody was first between the two.
    if (!(error instanceof TerminalError)) throw error;
    return promise.peek();
  }
}
