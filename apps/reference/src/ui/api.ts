import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Framework, Json } from '@fw/framework';
import type { Actions } from './actions.ts';
import type { ClientFile } from './client-files.ts';
import type { Commands } from './commands.ts';
import { refusal } from './entrance.ts';
import type { Entrance } from './entrance.ts';
import { streamRun, streamRuns } from './event-stream.ts';
import { explainError } from './explain-error.ts';
import { responseHeaders } from './response-headers.ts';
import type { RunFeeds } from './run-feeds.ts';
import type { RunList } from './run-list.ts';

export interface ApiOptions {
  readonly framework: Framework;
  readonly commands: Commands;
  readonly files: ReadonlyMap<string, ClientFile>;
  readonly version: string;
  readonly isReadOnly: boolean;
  readonly entrance: Entrance;
  readonly feeds: RunFeeds;
  readonly list: RunList;
  readonly actions: Actions;
  readonly note: (text: string) => void;
}

const number = z.coerce.number().int().min(0).max(1e9);
const runId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,149}$/);
const gate = z.string().regex(/^[\w.:-]{1,100}$/);
const words = z.string().max(10_000);
const changes = {
  approve: z.strictObject({ gate: gate.optional(), message: words.optional() }),
  reject: z.strictObject({ gate: gate.optional(), message: words.optional() }),
  answer: z.strictObject({ gate: gate.optional(), message: words.trim().min(1) }),
  cancel: z.strictObject({ message: words.optional() }),
  fork: z.strictObject({
    at: z.number().int().min(0).max(999_999_999),
    models: z.record(z.string().regex(/^[a-z]{1,30}$/), z.string().regex(/^[\w.:@/-]{1,200}$/)).optional(),
    confirm: z.array(z.string().min(1).max(500)).max(100).optional(),
  }),
};

/** Every path that the dashboard answers. Runs are named by id, steps by number, files by nothing: no request says a path or a command. */
export function createApi(options: ApiOptions): Hono {
  const { framework, commands, files, entrance, feeds, list, actions } = options;
  const app = new Hono({ strict: true });
  /** No entry is behind that one, so nothing is read but that there is such a run. */
  const requireRun = (id: string): Promise<unknown> => framework.log(id, { after: Number.MAX_SAFE_INTEGER });
  app.use(responseHeaders);
  app.use(async (context, next) => entrance.enter(context) ?? next());
  app.use(entrance.guard);
  app.use(async (context, next) => {
    if (!['GET', 'HEAD', 'POST'].includes(context.req.method)) return refusal(context, 405, 'FW_UI_METHOD', `${context.req.method} is not possible here.`);
    return next();
  });

  app.get('/api/session', (context) => context.json({ version: options.version, isReadOnly: options.isReadOnly }));
  app.get('/api/runs', async (context) => {
    const query = z.object({ status: z.string().max(100).optional(), text: z.string().max(500).optional(), offset: number.default(0), limit: number.max(500).default(100) }).parse(context.req.query());
    const { status = '', text = '', offset, limit } = query;
    return context.json(await framework.listRuns({ text, offset, limit, statuses: status.split(',').filter((one) => one !== '') }));
  });
  app.get('/api/events', (context) => streamRuns(context, list));
  app.get('/api/stats', async (context) => context.json(await framework.stats()));
  app.get('/api/use', async (context) => context.json(await framework.use()));
  app.get('/api/models', async (context) => context.json(await commands.ask(['models', 'ls'])));
  app.get('/api/plugins', async (context) => context.json(await commands.ask(['plugin', 'ls'])));

  app.get('/api/runs/:run', async (context) => context.json(await framework.inspect(idIn(context))));
  app.get('/api/runs/:run/steps', async (context) => {
    const { after, limit } = z.object({ after: number.default(0), limit: number.min(1).max(10_000).default(10_000) }).parse(context.req.query());
    const lines = await framework.log(idIn(context), { after });
    return context.json({ steps: lines.slice(0, limit), more: lines.length > limit });
  });
  app.get('/api/runs/:run/steps/:seq', async (context) => context.json(await framework.step(idIn(context), number.parse(context.req.param('seq')))));
  app.get('/api/runs/:run/steps/:seq/input', async (context) => {
    const id = idIn(context);
    await requireRun(id);
    const { input } = await commands.askAnew(['logs', '--step', String(number.min(1).parse(context.req.param('seq'))), '--', id]) as { readonly input: Json };
    return context.json({ input });
  });
  app.get('/api/runs/:run/diff', async (context) => {
    const { revision } = z.object({ revision: number.optional() }).parse(context.req.query());
    if (revision === undefined) return context.json(await framework.diff(idIn(context)));
    const found = (await framework.inspect(idIn(context))).revisions[revision];
    if (found === undefined) return refusal(context, 404, 'FW_PLACE_UNKNOWN', `The run has no revision ${String(revision)}.`);
    const { before, after } = found;
    return context.json(before === null || after === null || before === after ? [] : await framework.diff(idIn(context), { from: before, to: after }));
  });
  app.get('/api/runs/:run/events', async (context) => {
    await requireRun(idIn(context));
    return streamRun(context, idIn(context), feeds);
  });
  app.get('/runs/:run/report.html', async (context) => {
    const { html, contentPolicy } = await framework.htmlReport(idIn(context));
    return context.html(html, 200, { 'Content-Security-Policy': contentPolicy });
  });

  app.post('/api/runs/:run/:change', async (context, next) => {
    if (!/^application\/json(?:\s*;.*)?$/i.test(context.req.header('content-type') ?? '')) return refusal(context, 415, 'FW_UI_JSON', 'Only application/json is read here.');
    if (options.isReadOnly) return refusal(context, 403, 'FW_UI_READ_ONLY', 'This dashboard was started with --read-only.');
    return next();
  }, bodyLimit({ maxSize: 65_536, onError: (context) => refusal(context, 413, 'FW_UI_BODY', 'At most 64 KiB are read.') }), async (context) => {
    const change = context.req.param('change');
    if (!isChange(change)) return refusal(context, 404, 'FW_UI_UNKNOWN', 'There is no such change.');
    const id = idIn(context);
    await requireRun(id);
    const body: unknown = JSON.parse(await context.req.text());
    if (change === 'fork') return context.json(await actions.fork(id, changes.fork.parse(body)), 201);
    if (change === 'cancel') return context.json(await actions.cancel(id, changes.cancel.parse(body)), 202);
    return context.json(await actions.answer(id, change, changes[change].parse(body)), 202);
  });

  app.get('*', (context) => {
    const { path } = context.req;
    // Every view is the one page; what is in the folder of files is found by its exact name and nothing else is.
    const file = files.get(views.test(path) ? '/index.html' : path);
    if (file === undefined) return refusal(context, 404, 'FW_UI_UNKNOWN', 'There is nothing here.');
    return context.body(file.content, 200, { 'Content-Type': file.type, ...(path.startsWith('/assets/') && { 'Cache-Control': 'private, max-age=31536000, immutable' }) });
  });
  app.notFound((context) => refusal(context, context.req.method === 'POST' ? 405 : 404, 'FW_UI_UNKNOWN', 'There is nothing here.'));
  app.onError((error, context) => {
    const { status, code, message } = explainError(error);
    if (status === 500) options.note(String(error.stack ?? error));
    return refusal(context, status, code, message);
  });
  return app;
}

const views = /^\/(?:|compare|models|plugins|runs\/[A-Za-z0-9][A-Za-z0-9._-]{0,149})$/;

const isChange = (name: string): name is keyof typeof changes => Object.hasOwn(changes, name);

/** Ids are plain words; whatever else stands there names no run. */
function idIn(context: Context): string {
  return runId.parse(context.req.param('run'));
}
