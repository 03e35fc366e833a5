// Started by start-telemetry.test.ts: what an environment brings about.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTelemetry } from '../../src/start-telemetry.ts';

const notes: string[] = [];
const listener = await startTelemetry(process.env, (message) => notes.push(message));
const folder = await mkdtemp(path.join(tmpdir(), 'fw-telemetry-'));
const watch = await listener?.watch({ id: 'r1', workflow: 'software-delivery', goal: 'g', folder, simulated: true, redact: (value) => value });
await watch?.closed?.('done');
await listener?.close?.();
const { exportedSpans = () => [] } = globalThis as { readonly exportedSpans?: () => readonly string[] };
const apiLoaded = Object.getOwnPropertySymbols(globalThis).some((symbol) => symbol.description?.startsWith('opentelemetry.js.api') === true);
process.stdout.write(JSON.stringify({ listens: listener !== undefined, apiLoaded, notes, spans: exportedSpans() }));
