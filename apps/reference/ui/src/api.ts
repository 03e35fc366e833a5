import type { FileDiff, PluginSummary, RecentUse, RunInspection, RunLogLine, RunStep, RunSummary } from '@fw/framework';

export type Change = 'approve' | 'reject' | 'answer' | 'cancel' | 'fork';

export interface RunPage {
  readonly runs: readonly RunSummary[];
  readonly total: number;
  readonly counts: { readonly [status: string]: number };
}

export interface ConfiguredModels {
  readonly providers: readonly { readonly name: string; readonly use: string; readonly key: string | null; readonly keyIsSet: boolean; readonly baseURL: string | null }[];
  readonly models: readonly { readonly alias: string; readonly use: string; readonly candidates: readonly string[]; readonly limits: { readonly [name: string]: unknown }; readonly simulated: boolean }[];
  readonly agents: readonly { readonly agent: string; readonly model: string }[];
}

/** What the server refused, in its words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function ask<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  const response = await fetch(path, { ...options, credentials: 'same-origin', redirect: 'error' }).catch(() => {
    throw new Refusal(0, 'FW_UI_GONE', 'The dashboard does not answer. Is "fw ui" still running?');
  });
  const body = await response.json().catch(() => ({})) as { readonly code?: string; readonly message?: string };
  if (!response.ok) throw new Refusal(response.status, body.code ?? '', body.message ?? `The dashboard answered ${String(response.status)}.`);
  return body as Answer;
}

const pathOf = (run: string, rest: string = ''): string => `/api/runs/${encodeURIComponent(run)}${rest}`;

export const api = {
  session: () => ask<{ readonly version: string; readonly isReadOnly: boolean }>('/api/session'),
  runs: (query: { readonly status?: string | undefined; readonly text?: string | undefined; readonly offset: number; readonly limit: number }) => {
    const search = new URLSearchParams({ offset: String(query.offset), limit: String(query.limit) });
    if (query.status) search.set('status', query.status);
    if (query.text) search.set('text', query.text);
    return ask<RunPage>(`/api/runs?${search.toString()}`);
  },
  run: (run: string) => ask<RunInspection>(pathOf(run)),
  steps: (run: string, after: number) => ask<{ readonly steps: readonly RunLogLine[]; readonly more: boolean }>(pathOf(run, `/steps?after=${String(after)}`)),
  step: (run: string, seq: number) => ask<RunStep>(pathOf(run, `/steps/${String(seq)}`)),
  stepInput: (run: string, seq: number) => ask<{ readonly input: unknown }>(pathOf(run, `/steps/${String(seq)}/input`)),
  diff: (run: string, revision?: number) => ask<readonly FileDiff[]>(pathOf(run, `/diff${revision === undefined ? '' : `?revision=${String(revision)}`}`)),
  use: () => ask<RecentUse>('/api/use'),
  models: () => ask<ConfiguredModels>('/api/models'),
  plugins: () => ask<readonly PluginSummary[]>('/api/plugins'),
  change: (run: string, change: Change, body: object) => ask<{ readonly run: string; readonly continued?: boolean }>(pathOf(run, `/${change}`), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  reportPath: (run: string) => `/runs/${encodeURIComponent(run)}/report.html`,
};
