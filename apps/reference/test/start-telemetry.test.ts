import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const file = (name: string): string => path.join(import.meta.dirname, 'telemetry-site', name);

/** In a process of its own, since an SDK is registered for a whole process. */
async function start(environment: { readonly [name: string]: string }, ...nodeOptions: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', ...nodeOptions, file('start.ts')], { env: { PATH: process.env['PATH'], ...environment } });
  return JSON.parse(stdout);
}

test('without a variable that asks for telemetry nothing is loaded', async () => {
  for (const environment of [{}, { OTEL_TRACES_EXPORTER: 'none', OTEL_SERVICE_NAME: 'x' }, { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }]) {
    expect(await start(environment)).toEqual({ listens: false, apiLoaded: false, notes: [], spans: [] });
  }
});

test('a variable without an SDK says what to install, and no more', async () => {
  expect(await start({ OTEL_TRACES_EXPORTER: 'otlp' })).toMatchObject({ listens: false, notes: [expect.stringContaining('npm install') as string], spans: [] });
});

test('an SDK that was loaded before gets the spans, and is flushed at the end', async () => {
  expect(await start({ OTEL_TRACES_EXPORTER: 'otlp' }, '--import', file('register-sdk.ts'))).toEqual({ listens: true, apiLoaded: true, notes: [], spans: ['invoke_workflow software-delivery'] });
});
