import { createRequire } from 'node:module';
import type { Evidence, Json } from '@fw/agents-core';
import type { TestReport } from './test-report.ts';

/** Evidence as this package measures it; who records it gives it its id and says that it is the runner's. */
export type Measurement = Omit<Evidence, 'id' | 'origin'>;

/** Puts what every measurement carries around its results. */
export function toMeasurement(options: {
  readonly kind: Measurement['kind'];
  readonly tree: string;
  readonly startedAt: number;
  readonly results: unknown;
  /** The run it was measured by, where there was one. */
  readonly report?: TestReport;
  readonly sandbox: string;
}): Measurement {
  const { kind, tree, startedAt, report, sandbox } = options;
  return {
    kind,
    runner: { version: packageVersion(), isolated: !sandbox.startsWith('none') },
    command: report?.command ?? [],
    exitCode: report?.exitCode ?? 0,
    tree,
    toolVersions: report?.toolVersions ?? { node: process.versions.node },
    startedAt,
    durationMs: Date.now() - startedAt,
    results: JSON.parse(JSON.stringify(options.results)) as Json,
    digests: report?.digests ?? {},
    sandbox,
    nonce: report?.nonce ?? '',
  };
}

function packageVersion(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  return manifest.version;
}
