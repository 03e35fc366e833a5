import type { Attributes, Context, Span, SpanContext, Tracer } from '@opentelemetry/api';
import type { Json, ToolOutput } from '@fw/agents-core';
import type { ModelRequest, ModelResponse, Usage } from '@fw/models';
import type { JournalEntry } from '@fw/workflow';
import { isEnter, isLeave, placeEntry } from '../run-projection.ts';
import type { Entered, Left } from '../run-projection.ts';
import type { RunWatch, StepWatch, WatchedRun, WatchedStep } from '../run-watch.ts';
import { inputOf, outputOf, textOf } from './content.ts';
import { attributes as names, conventions, describeModel } from './conventions.ts';
import type { OpenTelemetryApi } from './create-telemetry.ts';
import type { Instruments } from './instruments.ts';

export interface TraceOptions {
  readonly api: OpenTelemetryApi;
  readonly tracer: Tracer;
  readonly instruments: Instruments;
  readonly content: boolean;
  /** What the run is driven inside of. */
  readonly parent: Context;
  /** The turns at this run before this one. */
  readonly links: readonly SpanContext[];
}

export interface TracedRun extends Required<Pick<RunWatch, 'called' | 'entered' | 'settled' | 'ran'>> {
  began(step: WatchedStep): Required<StepWatch>;
  readonly spanContext: SpanContext;
  closed(reason: Parameters<NonNullable<RunWatch['closed']>>[0]): void;
}

/** A span that others are inside of. */
interface Open {
  readonly span: Span;
  readonly context: Context;
  readonly startedAt: number;
  /** When the last step inside of it ended. */
  lastAt: number;
}

interface OpenAgent extends Open {
  readonly place: Pick<WatchedStep, 'state' | 'visit' | 'agent'>;
}

interface OpenScope {
  readonly key: string;
  readonly tool: string;
  open?: Open;
}

const { operations } = conventions;

/**
 * One process's turn at one run as spans: the run, each visit of an agent, each call of a model and of a tool. Only what happens here has
 * a span; what is replayed from the journal has had one. A span begins with its step, so that what a client traces by itself is inside.
 */
export function traceRun(run: WatchedRun, { api, tracer, instruments, content, parent, links }: TraceOptions): TracedRun {
  const all: Attributes = { [names.run]: run.id, [names.conversation]: run.id, ...(run.simulated && { [names.simulated]: true }) };
  const root = open(`${operations.workflow} ${run.workflow}`, parent, {
    [names.operation]: operations.workflow, [names.workflow]: run.workflow,
    ...(content && { [names.inputMessages]: textOf([{ role: 'user', parts: [{ type: 'text', content: run.goal }] }], run.redact) }),
  }, links.map((context) => ({ context })));
  const agents = new Map<string, OpenAgent>();
  const entered = new Map<string, readonly string[]>();
  const called = new Map<string, number>();
  const scopes: OpenScope[] = [];
  const steps = new Map<string, Span>();
  const calls = new Map<string, string[]>();
  let failure: { readonly code: string; readonly message: string } | undefined;

  function open(name: string, inside: Context, attributes: Attributes, spanLinks: readonly { readonly context: SpanContext }[] = [], kind = api.SpanKind.INTERNAL, startedAt = Date.now()): Open {
    const span = tracer.startSpan(name, { kind, startTime: startedAt, attributes: { ...all, ...attributes }, links: [...spanLinks] }, inside);
    return { span, context: api.trace.setSpan(inside, span), startedAt, lastAt: startedAt };
  }

  function fail(span: Span, code: string, message: string): void {
    span.setAttribute(names.errorType, code);
    // The message may hold what a model or a tool said.
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: content ? String(run.redact(message)).slice(0, 1_000) : code });
  }

  function agentOf({ state, visit, agent }: Pick<WatchedStep, 'state' | 'visit' | 'agent'>): Open {
    const key = `${state}#${String(visit)}/${agent}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const opened = { ...open(`${operations.agent} ${agent}`, root.context, { [names.operation]: operations.agent, [names.agent]: agent, [names.state]: state, [names.visit]: visit }, [], api.SpanKind.INTERNAL, called.get(key)), place: { state, visit, agent } };
    agents.set(key, opened);
    return opened;
  }

  /** The innermost tool or agent that a step is of. */
  function around(step: WatchedStep): Open {
    const outer = scopes.filter(({ key }) => step.key.startsWith(`${key}/`)).toSorted((left, right) => left.key.length - right.key.length);
    return outer.reduce<Open>((inside, scope) => (scope.open ??= open(`${operations.tool} ${scope.tool}`, inside.context, {
      [names.operation]: operations.tool, [names.tool]: scope.tool, [names.toolType]: 'function', [names.state]: step.state, [names.agent]: step.agent,
    })), agentOf(step));
  }

  function began(step: WatchedStep): Required<StepWatch> {
    const inside = around(step);
    const agent = agentOf(step);
    const common: Attributes = { [names.state]: step.state, [names.visit]: step.visit, [names.agent]: step.agent, [names.step]: step.key };
    const { span, context, startedAt } = step.origin === 'model' ? openChat(step, inside.context, common) : openTool(step, inside.context, common);
    steps.set(step.key, span);
    return {
      within: (work) => api.context.with(context, work),
      ended({ output, error }) {
        if (!steps.delete(step.key)) return;
        const endedAt = Date.now();
        inside.lastAt = agent.lastAt = Math.max(agent.lastAt, endedAt);
        const seconds = (endedAt - startedAt) / 1_000;
        if (step.origin === 'model') endChat(span, step, seconds, output as unknown as ModelResponse | undefined, error);
        else endTool(span, step, seconds, output, error);
        span.end(endedAt);
      },
    };
  }

  function openChat(step: WatchedStep, inside: Context, common: Attributes): Open {
    const { maxOutputTokens, temperature, ...request } = (step.input ?? { messages: [] }) as unknown as ModelRequest;
    const { system, messages } = content ? inputOf(request, run.redact) : { system: undefined, messages: '' };
    return open(operations.chat, inside, {
      ...common, [names.operation]: operations.chat,
      ...(maxOutputTokens !== undefined && { [names.maxTokens]: maxOutputTokens }), ...(temperature !== undefined && { [names.temperature]: temperature }),
      ...(system !== undefined && { [names.systemInstructions]: system }), ...(content && { [names.inputMessages]: messages }),
    }, [], api.SpanKind.CLIENT);
  }

  function endChat(span: Span, step: WatchedStep, seconds: number, response: ModelResponse | undefined, error: unknown): void {
    const attempts = response?.receipt.attempts ?? attemptsOf(error);
    const { provider, model } = describeModel(attempts.at(-1)?.model ?? '');
    const of: Attributes = { [names.operation]: operations.chat, [names.provider]: provider, ...(model !== '' && { [names.requestModel]: model }), ...(response !== undefined && { [names.responseModel]: response.model }) };
    if (model !== '') span.updateName(`${operations.chat} ${model}`);
    span.setAttributes({ ...of, [names.attempts]: attempts.length });
    for (const attempt of attempts) {
      const asked = describeModel(attempt.model);
      const counted = { ...of, [names.provider]: asked.provider, [names.requestModel]: asked.model };
      if (attempt.usage.inputTokens > 0) instruments.tokens(attempt.usage.inputTokens, 'input', counted);
      if (attempt.usage.outputTokens > 0) instruments.tokens(attempt.usage.outputTokens, 'output', counted);
    }
    if (response === undefined) {
      const { code, message } = describeFailure(error);
      fail(span, code, message);
      instruments.duration(seconds, { ...of, [names.errorType]: code });
      return;
    }
    span.setAttributes({ ...usageAttributes(response.usage), [names.finishReasons]: [response.finishReason], ...(content && { [names.outputMessages]: outputOf(response, run.redact) }) });
    // The tools of this answer run next, in this scope and in this order.
    calls.set(scopeOf(step.key), response.toolCalls.map(({ id, name }) => `${name}\n${id}`));
    instruments.duration(seconds, of);
  }

  function openTool(step: WatchedStep, inside: Context, common: Attributes): Open {
    const tool = step.name.replace(/^tool\./, '');
    const waiting = calls.get(scopeOf(step.key)) ?? [];
    const at = waiting.findIndex((call) => call.startsWith(`${tool}\n`));
    const id = at === -1 ? undefined : waiting.splice(at, 1)[0]!.slice(tool.length + 1);
    return open(`${operations.tool} ${tool}`, inside, {
      ...common, [names.operation]: operations.tool, [names.tool]: tool,
      // What the runner measures by itself is no call of a model.
      [names.toolType]: step.origin === 'tool' ? 'function' : 'extension',
      ...(id !== undefined && { [names.toolCall]: id }), ...(content && { [names.toolArguments]: textOf(step.input, run.redact) }),
    });
  }

  function endTool(span: Span, step: WatchedStep, seconds: number, output: Json | undefined, error: unknown): void {
    const { ok = true, code = 'failed', text = '' } = (step.origin === 'tool' ? output ?? {} : {}) as Partial<ToolOutput>;
    const failed = error !== undefined ? describeFailure(error) : ok ? undefined : { code, message: text };
    if (failed !== undefined) fail(span, failed.code, failed.message);
    if (content && output !== undefined) span.setAttribute(names.toolResult, textOf(output, run.redact));
    instruments.tool(seconds, { [names.tool]: step.name.replace(/^tool\./, ''), ...(failed !== undefined && { [names.errorType]: failed.code }) });
  }

  function endAgent(key: string, opened: OpenAgent, outcome: string, failed?: { readonly code: string; readonly message: string }): void {
    agents.delete(key);
    opened.span.setAttribute(names.outcome, outcome);
    if (failed !== undefined) fail(opened.span, failed.code, failed.message);
    opened.span.end(opened.lastAt);
    instruments.agent((opened.lastAt - opened.startedAt) / 1_000, { [names.agent]: opened.place.agent, [names.state]: opened.place.state, ...(failed !== undefined && { [names.errorType]: failed.code }) });
  }

  function left(state: string, visit: number, { outcome = 'unknown', code, message = '' }: Partial<Left>): void {
    const here = [...agents].filter(([, { place }]) => place.state === state && place.visit === visit);
    const failed = code === undefined ? undefined : { code, message };
    if (failed !== undefined) failure = failed;
    if (here.length === 0) return;
    // Agents that only look at what is there have no step of their own.
    const silent = (entered.get(`${state}#${String(visit)}`) ?? []).filter((agent) => !here.some(([, { place }]) => place.agent === agent));
    if (outcome !== 'failed') for (const agent of silent) agentOf({ state, visit, agent });
    const ending = [...agents].filter(([, { place }]) => place.state === state && place.visit === visit);
    const last = here.toSorted(([, one], [, other]) => one.lastAt - other.lastAt).at(-1)![0];
    for (const [key, opened] of ending) endAgent(key, opened, outcome, key === last ? failed : undefined);
    if (visit > 1) instruments.rework({ [names.state]: state });
  }

  return {
    spanContext: root.span.spanContext(),
    called: ({ state, visit, agent }) => void called.set(`${state}#${String(visit)}/${agent}`, Date.now()),
    began,
    entered({ key, tool }) {
      const scope: OpenScope = { key, tool };
      scopes.push(scope);
      return () => {
        scopes.splice(scopes.indexOf(scope), 1);
        scope.open?.span.end(scope.open.lastAt);
      };
    },
    settled(entry: JournalEntry) {
      // What stands in the journal as a reference is of no use here, and these two are small but for their artifacts.
      const placed = placeEntry(entry, entry.output as Json | undefined);
      const key = `${placed.state}#${String(placed.visit)}`;
      const since = called.get(`${key}/${placed.agent}`);
      // A step of its own is not begun here; one that settled after its agent was called is none of the past.
      if (since !== undefined && entry.at >= since) agentOf(placed).lastAt = Math.max(agentOf(placed).lastAt, entry.at);
      if (isEnter(placed)) entered.set(key, (placed.output as unknown as Partial<Entered>).agents ?? []);
      else if (isLeave(placed)) left(placed.state, placed.visit, (placed.output ?? {}) as unknown as Partial<Left>);
    },
    ran({ program, cpuMs, peakMemoryBytes, exitCode }) {
      instruments.command(cpuMs / 1_000, peakMemoryBytes, { [names.program]: program, ...(exitCode !== 0 && { [names.errorType]: String(exitCode) }) });
    },
    closed(reason) {
      const endedAt = Date.now();
      const stopped = reason === 'cancelled' ? { code: 'FW_WORKFLOW_CANCELLED', message: 'The run was cancelled.' } : reason === 'failed' ? failure ?? { code: 'FW_RUN_FAILED', message: 'The run failed.' } : undefined;
      for (const [, span] of steps) {
        fail(span, stopped?.code ?? 'FW_WORKFLOW_ABORTED', 'It was not finished.');
        span.end(endedAt);
      }
      steps.clear();
      for (const { open: opened } of scopes.splice(0)) opened?.span.end(endedAt);
      for (const [key, opened] of [...agents]) endAgent(key, opened, reason, stopped);
      root.span.setAttribute(names.outcome, reason);
      if (stopped !== undefined) fail(root.span, stopped.code, stopped.message);
      root.span.end(endedAt);
      instruments.workflow((endedAt - root.startedAt) / 1_000, { [names.workflow]: run.workflow, [names.outcome]: reason, ...(stopped !== undefined && { [names.errorType]: stopped.code }) });
    },
  };
}

const scopeOf = (key: string): string => key.slice(0, key.lastIndexOf('/'));

function usageAttributes({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costNanoUsd }: Usage): Attributes {
  return {
    [names.inputTokens]: inputTokens, [names.outputTokens]: outputTokens, [names.cacheReadTokens]: cacheReadTokens, [names.cacheWriteTokens]: cacheWriteTokens,
    ...(costNanoUsd !== 'unknown' && { [names.cost]: costNanoUsd }),
  };
}

function describeFailure(error: unknown): { readonly code: string; readonly message: string } {
  const { code, name, message } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown; readonly message?: unknown };
  return { code: typeof code === 'string' ? code : typeof name === 'string' ? name : '_OTHER', message: typeof message === 'string' ? message : '' };
}

/** Failed calls have their attempts on the error. */
function attemptsOf(error: unknown): ModelResponse['receipt']['attempts'] {
  const { receipt } = (error ?? {}) as { readonly receipt?: Partial<ModelResponse['receipt']> };
  return Array.isArray(receipt?.attempts) ? receipt.attempts : [];
}
