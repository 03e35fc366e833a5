import { RestatePromise, serde } from '@restatedev/restate-sdk';
import type { internal, Serde, WorkflowContext } from '@restatedev/restate-sdk';
import type { BlobStore, Json, Question } from '@fw/workflow';
import { describeError, outcomeOfAnswer, resolveOutput } from '@fw/workflow/engine-kit';
import type { Command, DurableOperations, Settlement, StoredOutcome } from '@fw/workflow/engine-kit';
import type { ChildRun } from './begin-child.ts';
import { CANCEL_PROMISE, promiseOf } from './run-promises.ts';
import type { Answer, CancelRequest } from './run-promises.ts';
import type { OpenWait } from './stored-run.ts';

/** Timer of a question with a limit: engine-kit asks for it under the key of the question with this at its end. */
const LIMIT = '!limit';

export interface Pending {
  readonly key: string;
  readonly kind: Command['kind'] | 'cancel';
  promises: readonly RestatePromise<Settled>[];
  readonly question?: Question;
  /** Id of the run that was begun, and whether it was called. */
  readonly child?: string;
  isCalled?: boolean;
  /** Epoch milliseconds. */
  readonly dueAt?: number;
}

interface Settled {
  readonly key: string;
  readonly value: unknown;
  readonly failure: { readonly message: string } | undefined;
}

export interface OperationsOptions {
  readonly startedAt: number;
  readonly blobs: BlobStore;
  readonly service: string;
  readonly redact: (value: Json) => Json;
  readonly beginChild: (child: ChildRun) => Promise<void>;
  /** Of a run that has ended. */
  readonly outcomeOf: (run: string) => Promise<Json>;
  /** Runs a leaf; rejects where nothing of it may be kept. */
  readonly leaf: (run: () => Promise<StoredOutcome>) => Promise<StoredOutcome>;
  /** Called before each wait; everything settled so far is stored when it resolves. */
  readonly flush: () => Promise<void>;
  /** Nothing has settled for a moment. */
  readonly onBlocked: (wait: OpenWait) => void;
  readonly onGoing: () => void;
  readonly onAnswer: (question: Question, value: Json, at: number) => void;
}

const JSON_SERDE = serde.json as Serde<unknown>;
/** How long a run may wait before it is noted that it waits. */
const BLOCKED_MS = 25;

/** The durable operations of a run as commands of Restate, in program order; one race delivers what settles, in journaled order. */
export class RestateOperations implements DurableOperations<Pending> {
  readonly #context: WorkflowContext;
  readonly #options: OperationsOptions;
  #now: number;
  #racing: readonly Pending[] | undefined;

  constructor(context: WorkflowContext, options: OperationsOptions) {
    this.#context = context;
    this.#options = options;
    this.#now = options.startedAt;
  }

  /** What the run waits for; nothing while it goes on. */
  get waiting(): OpenWait | undefined {
    if (!this.#racing) return undefined;
    const due = Math.min(...this.#racing.map(({ dueAt }) => dueAt ?? Infinity));
    return {
      questions: this.#racing.flatMap(({ question }) => (question ? [this.#clean(question)] : [])),
      wakeAt: Number.isFinite(due) ? due : undefined,
      isIdle: this.#racing.every(({ kind }) => kind !== 'step'),
    };
  }

  #clean({ question, ...rest }: Question): Question {
    return { ...rest, ...(question !== undefined && { question: this.#options.redact(question) }) };
  }

  step(key: string, name: string, run: () => Promise<StoredOutcome>): Pending {
    return { key, kind: 'step', promises: [settling(key, this.#context.run(name, () => this.#options.leaf(run)))] };
  }

  signal(key: string, signal: Question): Pending {
    return { key, kind: 'signal', question: signal, promises: [settling(key, this.#context.promise<Answer>(promiseOf(signal)).get())] };
  }

  timer(key: string, durationMs: number): Pending {
    const wholeMs = Math.ceil(durationMs);
    return { key, kind: 'timer', dueAt: this.#now + wholeMs, promises: [settling(key, this.#context.sleep(wholeMs, key))] };
  }

  /** It is put into the store first, then called. */
  child(key: string, child: ChildRun): Pending {
    const begun = this.#context.run(`${key}!begin`, async () => this.#options.beginChild(child));
    return { key, kind: 'child', child: child.id, promises: [settling(key, begun)] };
  }

  /** Ours, which carries a reason, and Restate's own. */
  cancelled(key: string): Pending {
    const own = (this.#context as WorkflowContext & internal.ContextInternal).cancellation();
    return { key, kind: 'cancel', promises: [settling(key, this.#context.promise<CancelRequest>(CANCEL_PROMISE).get()), settling(key, own)] };
  }

  async race(pending: readonly Pending[]): Promise<Settlement> {
    for (;;) {
      const settlement = await this.#next(pending);
      if (settlement) return settlement;
    }
  }

  async #next(pending: readonly Pending[]): Promise<Settlement | undefined> {
    const { flush, onGoing } = this.#options;
    await flush();
    this.#racing = pending;
    const racing = RestatePromise.race(pending.flatMap(({ promises }) => promises));
    const timer = setTimeout(() => this.#block(), BLOCKED_MS);
    try {
      const settled = await racing;
      this.#racing = undefined;
      onGoing();
      return await this.#settle(settled, pending);
    } finally {
      clearTimeout(timer);
    }
  }

  /** From here on the question takes no answer, and the run that was begun is cancelled. */
  abandon(_key: string, { signal, child, abort }: Command): void {
    if (signal) void this.#withdraw(signal);
    if (!child) return;
    const request: CancelRequest = { reason: describeError(abort.reason).message, at: this.#now };
    this.#context.genericSend({ service: this.#options.service, method: 'cancel', key: child.id, parameter: request, inputSerde: JSON_SERDE });
  }

  #withdraw(question: Question): RestatePromise<void> {
    const withdrawn: Answer = { withdrawn: true };
    return this.#context.promise<Answer>(promiseOf(question)).resolve(withdrawn) as RestatePromise<void>;
  }

  #block(): void {
    const { waiting } = this;
    if (waiting && (this.#context as WorkflowContext & internal.ContextInternal).isProcessing()) this.#options.onBlocked(waiting);
  }

  /** Nothing for a run that has only been begun. */
  async #settle({ key, value, failure }: Settled, pending: readonly Pending[]): Promise<Settlement | undefined> {
    const found = pending.find((one) => one.key === key)!;
    if (found.kind === 'child' && !found.isCalled && !failure) {
      found.isCalled = true;
      found.promises = [settling(key, this.#context.genericCall({ service: this.#options.service, method: 'run', key: found.child!, parameter: {}, inputSerde: JSON_SERDE, outputSerde: JSON_SERDE }))];
      return undefined;
    }
    const settlement = await this.#settlementOf(found, value, failure, pending);
    this.#now = Math.max(this.#now, settlement.outcome.at ?? 0);
    return settlement;
  }

  async #settlementOf(found: Pending, value: unknown, failure: Settled['failure'], pending: readonly Pending[]): Promise<Settlement> {
    const { key, kind } = found;
    if (kind === 'cancel') {
      const { reason, at } = (value ?? { reason: 'The run was cancelled in Restate.' }) as Partial<CancelRequest>;
      return { key, outcome: { output: String(reason), ...(at !== undefined && { at }) } };
    }
    if (kind === 'child' && found.isCalled) return this.#ended(found, value as { readonly at: number } | undefined, failure);
    if (failure) return { key, outcome: { error: { code: 'FW_STEP_FAILED', message: failure.message } } };
    if (kind === 'step') return { key, outcome: value as StoredOutcome };
    if (kind === 'signal') return this.#answered(found, value as Answer);
    return this.#elapsed(found, pending);
  }

  /** One that was ended from outside, since it could not go on, has its outcome in the store as well. */
  async #ended({ key, child }: Pending, value: { readonly at: number } | undefined, failure: Settled['failure']): Promise<Settlement> {
    const output = await this.#options.outcomeOf(child!);
    if (output === null) return { key, outcome: { error: { code: 'FW_STEP_FAILED', message: failure?.message ?? `Run "${child}" has no outcome.` } } };
    return { key, outcome: { output, ...(value && { at: value.at }) } };
  }

  async #answered({ key, question }: Pending, { value = null, at }: Answer): Promise<Settlement> {
    const output = await resolveOutput(value, this.#options.blobs);
    const outcome = outcomeOfAnswer(question!, output, at ?? this.#now);
    this.#options.onAnswer(question!, output, outcome.at);
    return { key, outcome };
  }

  /** A limit that ends in the moment of the answer: what reached the promise first counts. */
  async #elapsed(timer: Pending, pending: readonly Pending[]): Promise<Settlement> {
    const { key, dueAt } = timer;
    const elapsed: Settlement = { key, outcome: { at: dueAt! } };
    if (!key.endsWith(LIMIT)) return elapsed;
    const limited = pending.find((one) => one.key === key.slice(0, -LIMIT.length))!;
    try {
      await this.#withdraw(limited.question!);
      return elapsed;
    } catch {
      const { value } = await limited.promises[0]!;
      return this.#answered(limited, value as Answer);
    }
  }
}

const settling = (key: string, promise: RestatePromise<unknown>): RestatePromise<Settled> => promise.map((value, failure): Settled => ({ key, value, failure }));
