import type * as OpenTelemetry from '@opentelemetry/api';
import { createProcessMonitor } from '../monitoring.ts';
import type { RunListener } from '../run-watch.ts';
import { conventions } from './conventions.ts';
import { createInstruments } from './instruments.ts';
import { keepSpanContext, readSpanContexts } from './span-contexts.ts';
import { traceRun } from './trace-run.ts';

/** What is used of `@opentelemetry/api`: pass the module. */
export type OpenTelemetryApi = Pick<typeof OpenTelemetry, 'trace' | 'metrics' | 'context' | 'SpanKind' | 'SpanStatusCode'>;

export interface TelemetryOptions {
  readonly api: OpenTelemetryApi;
  /** Prompts, answers, and what tools were given and gave, secrets taken out, as attributes of spans; default false. */
  readonly content?: boolean;
}

/**
 * Spans and metrics of every run that this framework drives, by the providers that the application has registered. Each process's turn
 * at a run is one `invoke_workflow` span, inside whatever span was active and linked to the turns before it.
 */
export function createTelemetry({ api, content = false }: TelemetryOptions): RunListener {
  const tracer = api.trace.getTracer('@fw/framework');
  const monitor = createProcessMonitor();
  const instruments = createInstruments(api.metrics.getMeter('@fw/framework', undefined, { schemaUrl: conventions.schemaUrl }), monitor);
  return {
    async watch(run) {
      // Before anything is awaited: this is where the caller's span is.
      const parent = api.context.active();
      const before = [...await readSpanContexts(run.folder), ...(run.forkedFrom === undefined ? [] : (await readSpanContexts(run.forkedFrom)).slice(-1))];
      const end = monitor.begin();
      const watch = traceRun(run, { api, tracer, instruments, content, parent, links: before });
      await keepSpanContext(run.folder, watch.spanContext);
      return {
        ...watch,
        closed(reason) {
          watch.closed(reason);
          end();
        },
      };
    },
    close() {
      instruments.close();
      return Promise.resolve();
    },
  };
}
