import { AsyncLocalStorage } from 'node:async_hooks';
import { context, metrics, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, ContextManager } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { OpenTelemetryApi } from '../../src/telemetry.ts';

/** Carries the active span over awaits, as the SDK for Node does. */
function createContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...given) => storage.run(active, () => work.call(self as ThisParameterType<typeof work>, ...given)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/** The real SDK with its exporters in memory; nothing global but the context manager. */
export function startSdk(): {
  readonly api: OpenTelemetryApi;
  spans(): readonly ReadableSpan[];
  /** Data points by metric. */
  metrics(): Promise<ReadonlyMap<string, readonly { readonly attributes: object; readonly value: unknown }[]>>;
} {
  context.setGlobalContextManager(createContextManager());
  const spans = new InMemorySpanExporter();
  const tracers = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 })] });
  return {
    api: {
      context, SpanKind, SpanStatusCode,
      trace: Object.assign(Object.create(trace) as typeof trace, { getTracer: tracers.getTracer.bind(tracers), setSpan: trace.setSpan }),
      metrics: Object.assign(Object.create(metrics) as typeof metrics, { getMeter: meters.getMeter.bind(meters) }),
    },
    spans: () => spans.getFinishedSpans(),
    async metrics() {
      await meters.forceFlush();
      const all = measured.getMetrics().at(-1)!.scopeMetrics.flatMap((scope) => scope.metrics);
      return new Map(all.map((metric) => [metric.descriptor.name, metric.dataPoints.map(({ attributes, value }) => ({ attributes, value }))]));
    },
  };
}
