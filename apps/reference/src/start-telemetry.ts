import type * as Api from '@opentelemetry/api';
import type { RunListener } from '@fw/framework';
import type { Environment } from './cli-context.ts';
import { within } from './within.ts';

const shutdownMs = 3_000;
const signals = ['TRACES', 'METRICS'] as const;

/**
 * Spans and metrics where the standard `OTEL_*` variables ask for them, by the SDK that the user has installed beside `fw` or loaded into
 * this process. Without such a variable nothing is imported, and nothing but what they ask for is sent.
 */
export async function startTelemetry(environment: Environment, note: (message: string) => void): Promise<RunListener | undefined> {
  if (environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const wanted = signals.filter((signal) => isWanted(environment, signal));
  if (wanted.length === 0) return undefined;
  const api = await importInstalled<typeof Api>('@opentelemetry/api');
  if (api === undefined) {
    note('fw: OTEL_* asks for telemetry, and no SDK is installed beside fw: npm install @opentelemetry/api @opentelemetry/sdk-node\n');
    return undefined;
  }
  const sdk = isRegistered(api) ? undefined : await startSdk(wanted);
  if (sdk === undefined && !isRegistered(api)) {
    note('fw: OTEL_* asks for telemetry, and no SDK is installed beside fw: npm install @opentelemetry/sdk-node\n');
    return undefined;
  }
  const { createTelemetry } = await import('@fw/framework/telemetry');
  const telemetry = createTelemetry({ api, content: environment['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']?.toLowerCase() === 'true' });
  return {
    watch: (run) => telemetry.watch(run),
    async close() {
      // What was collected last is sent now, for as long as that takes within reason.
      await within(shutdownMs, flush(sdk, api));
      await telemetry.close?.();
    },
  };
}

/** `OTEL_TRACES_EXPORTER=otlp`, or an endpoint alone. */
function isWanted(environment: Environment, signal: (typeof signals)[number]): boolean {
  const exporter = environment[`OTEL_${signal}_EXPORTER`]?.trim() ?? '';
  if (exporter !== '') return exporter !== 'none';
  return ['OTEL_EXPORTER_OTLP_ENDPOINT', `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`].some((name) => (environment[name] ?? '') !== '');
}

/** Somebody has loaded an SDK before us, e.g. by `node --import`. */
function isRegistered(api: typeof Api): boolean {
  const span = api.trace.getTracer('fw').startSpan('fw');
  return api.isSpanContextValid(span.spanContext());
}

interface Sdk {
  start(): void;
  shutdown(): Promise<void>;
}

async function startSdk(wanted: readonly string[]): Promise<Sdk | undefined> {
  const loaded = await importInstalled<{ readonly NodeSDK: new () => Sdk }>('@opentelemetry/sdk-node');
  if (loaded === undefined) return undefined;
  // The SDK reads the process's variables, and sends to a port of this machine what nobody has said anything of.
  for (const signal of [...signals, 'LOGS'] as const) if (!wanted.includes(signal)) process.env[`OTEL_${signal}_EXPORTER`] ||= 'none';
  process.env['OTEL_SERVICE_NAME'] ||= 'fw';
  const sdk = new loaded.NodeSDK();
  sdk.start();
  return sdk;
}

async function flush(sdk: Sdk | undefined, api: typeof Api): Promise<void> {
  if (sdk !== undefined) return sdk.shutdown().catch(() => undefined);
  const providers: readonly unknown[] = [api.trace.getTracerProvider(), api.metrics.getMeterProvider()];
  await Promise.allSettled(providers.map(async (given) => {
    const { getDelegate } = given as { readonly getDelegate?: () => unknown };
    const provider = (typeof getDelegate === 'function' ? getDelegate.call(given) : given) as { forceFlush?(): Promise<void> };
    await provider.forceFlush?.();
  }));
}

/** From where `fw` is installed, never from the workspace. */
async function importInstalled<Module>(name: string): Promise<Module | undefined> {
  try {
    return await import(name) as Module;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
