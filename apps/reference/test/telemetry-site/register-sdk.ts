// Loaded by --import, as an SDK is.
import { trace } from '@opentelemetry/api';
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';

const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] }));
Object.assign(globalThis, { exportedSpans: () => exporter.getFinishedSpans().map(({ name }) => name) });
