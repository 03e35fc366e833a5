import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from './read-events.ts';
import { makeWaitingRun, startUi } from './start-ui.ts';
import type { RunningUi } from './start-ui.ts';
import type { StartOptions } from '../start-fw.ts';

let folder = '';
let options: StartOptions;
let ui: RunningUi;
let readOnly: RunningUi;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-ui-')));
  options = await makeWaitingRun(folder);
  ui = await startUi(options);
  readOnly = await startUi(options, '--read-only');
}, 180_000);
afterAll(async () => {
  await Promise.all([ui, readOnly].map((one) => one?.stop()));
  await rm(folder, { recursive: true, force: true });
});

/** What `fetch` would not send. */
function statusOf(headers: { readonly [name: string]: string }, at: string = '/api/runs', method: string = 'GET'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: ui.port, path: at, method, headers: { authorization: `Bearer ${ui.token}`, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject).end();
  });
}

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(ui.port, '127.0.0.1', () => { socket.end(text); });
    socket.setEncoding('latin1').on('data', (chunk: string) => { answer += chunk; }).on('error', () => undefined).on('close', () => { resolve(answer); });
  });
}

describe('who is let in', () => {
  it('only requests for a host of its own are answered, with the right token too', async () => {
    for (const host of ['evil.example', `evil.example:${String(ui.port)}`, '127.0.0.1', `127.0.0.1:${String(ui.port + 1)}`, `localhost.evil.example:${String(ui.port)}`, `127.0.0.1:${String(ui.port)}.evil.example`, `user@127.0.0.1:${String(ui.port)}`, `0.0.0.0:${String(ui.port)}`]) expect([host, await statusOf({ host })]).toEqual([host, 421]);
    for (const host of [`127.0.0.1:${String(ui.port)}`, `LOCALHOST:${String(ui.port)}`, `[::1]:${String(ui.port)}`]) expect(await statusOf({ host })).toBe(200);
    const own = `Host: 127.0.0.1:${String(ui.port)}\r\n`;
    const token = `Authorization: Bearer ${ui.token}\r\n\r\n`;
    expect(await sendRaw(`GET /api/runs HTTP/1.0\r\n${token}`)).toMatch(/ 421 /);
    expect(await sendRaw(`GET http://evil.example/api/runs HTTP/1.1\r\n${own}${token}`)).toMatch(/ 421 /);
    expect(await sendRaw(`GET /api/runs HTTP/1.1\r\n${own}Host: evil.example\r\n${token}`)).not.toMatch(/ 200 /);
    expect(await sendRaw(`GET /api/runs HTTP/1.1\r\nX-Forwarded-Host: 127.0.0.1:${String(ui.port)}\r\nHost: evil.example\r\n${token}`)).toMatch(/ 421 /);
  });

  it('nothing is shown without the token, and the link gives a cookie that is another secret', async () => {
    for (const at of ['/', '/api/session', '/api/runs', '/icon.svg', '/runs/r1', '/api/runs/r1/events', `/?token=${'x'.repeat(43)}`]) expect([at, (await fetch(ui.origin + at)).status]).toEqual([at, 401]);
    expect((await fetch(`${ui.origin}/api/runs?token=${ui.token}`)).status).toBe(401);
    expect(await (await fetch(ui.origin, { headers: { accept: 'text/html' } })).text()).toContain('Open the link that "fw ui" printed');
    const entered = await fetch(ui.link);
    const [cookie = ''] = entered.headers.getSetCookie();
    expect(cookie).toMatch(new RegExp(`^fw-${String(ui.port)}=[\\w-]{40,}; Path=/; HttpOnly; SameSite=Strict$`));
    expect(cookie).not.toContain(ui.token);
    expect(await entered.text()).not.toContain(ui.token);
    const pair = cookie.split(';')[0]!;
    expect((await fetch(`${ui.origin}/api/runs`, { headers: { cookie: `other=1; ${pair}` } })).status).toBe(200);
    expect((await fetch(`${readOnly.origin}/api/runs`, { headers: { cookie: pair.replace(String(ui.port), String(readOnly.port)) } })).status).toBe(401);
  });

  it('pages of other origins are refused, and a change has to say where it comes from', async () => {
    const pair = (await fetch(ui.link)).headers.getSetCookie()[0]!.split(';')[0]!;
    const post = (headers: object): Promise<number> => fetch(`${ui.origin}/api/runs/r1/reject`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{}' }).then(({ status }) => status);
    for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${String(ui.port + 1)}`, `https://127.0.0.1:${String(ui.port)}`]) {
      expect([origin, await post({ cookie: pair, origin })]).toEqual([origin, 403]);
      expect([origin, await statusOf({ origin })]).toEqual([origin, 403]);
    }
    expect(await post({ cookie: pair })).toBe(403);
    expect(await statusOf({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await statusOf({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await post({ origin: ui.origin })).toBe(401);
    expect(await ui.json('/api/runs/r1')).toMatchObject({ status: 'waiting' });
  });

  it('every answer says what a browser may do with it, and none lets others read it', async () => {
    for (const at of ['/', '/api/runs', '/api/nothing', '/api/runs/nobody', '/runs/r1/report.html', '/icon.svg']) {
      const { headers } = await ui.ask(at, { headers: { origin: ui.origin } });
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect((await ui.ask('/api/runs')).headers.get('cache-control')).toBe('no-store');
  });
});

describe('what it reads', () => {
  it('a change is JSON of the expected form and size, by a method that is there', async () => {
    const post = (at: string, body: string, type: string = 'application/json'): Promise<number> => ui.ask(at, { method: 'POST', headers: { 'content-type': type }, body }).then(({ status }) => status);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp', '']) expect([type, await post('/api/runs/r1/approve', '{}', type)]).toEqual([type, 415]);
    for (const body of ['', '{', '[]', 'null', '{"gate":"../x y"}', '{"path":"/etc"}', '{"gate":1}', '{"__proto__":{"gate":"design"},"x":1}']) expect([body, await post('/api/runs/r1/approve', body)]).toEqual([body, 400]);
    expect(await post('/api/runs/r1/approve', `{"message":"${'x'.repeat(70_000)}"}`)).toBe(413);
    for (const change of ['resume', 'remove', 'constructor', '__proto__']) expect(await post(`/api/runs/r1/${change}`, '{}')).toBe(404);
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) expect((await ui.ask('/api/runs/r1', { method })).status).toBe(405);
    expect(await post('/api/runs/r1/fork', '{"at":1,"models":{"developer":"x --trust"}}')).toBe(400);
    expect(await post('/api/runs/r1/fork', '{"at":"1; rm -rf /"}')).toBe(400);
  });

  it('ids name runs and nothing else', async () => {
    for (const id of ['..%2f..%2fetc%2fpasswd', '%2e%2e', '--help', '-x', '%00', 'a%2fb', 'x'.repeat(200), '%zz', '%c0%ae']) expect((await ui.ask(`/api/runs/${id}`)).status).toBeGreaterThanOrEqual(400);
    for (const at of ['/assets/..%2f..%2fpackage.json', '/assets/%2e%2e/%2e%2e/package.json', '/package.json', '/..%5c..%5cpackage.json', '/.git/config']) expect([at, (await ui.ask(at)).status]).toEqual([at, 404]);
    expect((await ui.ask('/api/runs/nobody')).status).toBe(404);
    expect((await ui.ask('/api/runs?limit=1000000')).status).toBe(400);
    expect((await ui.ask('/api/runs/r1/diff?revision=9')).status).toBe(404);
  });

  it('garbage, endless headers, half requests and readers that go away leave it as it was', async () => {
    const own = `Host: 127.0.0.1:${String(ui.port)}\r\nAuthorization: Bearer ${ui.token}\r\n`;
    const junk = ['\u0000\u0001\u0002', 'GET\r\n\r\n', `GET / HTTP/9.9\r\n${own}\r\n`, `GET /api/runs HTTP/1.1\r\n${own}X: ${'y'.repeat(40_000)}\r\n\r\n`, `GET /${'a'.repeat(40_000)} HTTP/1.1\r\n${own}\r\n`,
      `POST /api/runs/r1/approve HTTP/1.1\r\n${own}Content-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, `GET /api/runs HTTP/1.1\r\n${own}Cookie: ${'=;'.repeat(4_000)}\r\n\r\n`,
      `CONNECT evil.example:443 HTTP/1.1\r\n${own}\r\n`, `GET /api/runs HTTP/1.1\r\n${own}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`, `GET /%%%?%=%&[]= HTTP/1.1\r\n${own}\r\n`, `GET //evil.example/%2e HTTP/1.1\r\n${own}\r\n`];
    await Promise.all(junk.map(sendRaw));
    const slow = Array.from({ length: 50 }, () => connect(ui.port, '127.0.0.1').on('error', () => undefined));
    for (const socket of slow) socket.write('POST /api/runs/r1/approve HTTP/1.1\r\nHost:');
    expect((await ui.ask('/api/session')).status).toBe(200);
    for (const socket of slow) socket.destroy();
    expect(ui.started.process.exitCode).toBeNull();
  });

  it('--read-only shows everything and refuses each change', async () => {
    expect(await readOnly.json('/api/session')).toMatchObject({ isReadOnly: true });
    expect(await readOnly.json('/api/runs/r1')).toMatchObject({ status: 'waiting', questions: [{ gate: 'design' }] });
    for (const [change, body] of Object.entries({ approve: {}, reject: {}, answer: { message: 'x' }, cancel: {}, fork: { at: 1 } })) expect([change, (await readOnly.change(`/api/runs/r1/${change}`, body)).status]).toEqual([change, 403]);
    expect(await readOnly.json('/api/runs')).toMatchObject({ total: 1 });
  });
});

describe('what happens is told while it does', { timeout: 240_000 }, () => {
  it('a thousand readers of one run are served, and whoever comes back misses nothing and gets nothing twice', async () => {
    const before = await ui.json<{ readonly lastSeq: number }>('/api/runs/r1');
    const first = await readEvents(await ui.ask('/api/runs/r1/events'), 5);
    expect(first).toEqual([1, 2, 3, 4, 5].map((id) => ({ id, type: 'step' })));
    const rest = await readEvents(await ui.ask('/api/runs/r1/events', { headers: { 'last-event-id': '5' } }), before.lastSeq - 5);
    expect(rest.map(({ id }) => id)).toEqual(Array.from({ length: before.lastSeq - 5 }, (_, index) => index + 6));

    const end = new AbortController();
    const streams = await Promise.all(Array.from({ length: 1_000 }, () => ui.ask(`/api/runs/r1/events?after=${String(before.lastSeq)}`, { signal: end.signal })));
    expect(streams.every(({ status }) => status === 200)).toBe(true);
    expect((await ui.ask('/api/runs/r1')).status).toBe(200);
    end.abort();
    expect((await ui.ask('/api/session')).status).toBe(200);
  });

  it('an approved run goes on in a process of its own and is followed to its end; a second approval is refused politely', async () => {
    const { lastSeq } = await ui.json<{ readonly lastSeq: number }>('/api/runs/r1');
    const following = ui.ask(`/api/runs/r1/events?after=${String(lastSeq)}`).then((response) => readEvents(response));
    expect(await (await ui.change('/api/runs/r1/approve', { gate: 'design', message: 'Good.' })).json()).toEqual({ run: 'r1', continued: true });
    expect((await ui.change('/api/runs/r1/approve', { gate: 'design' })).status).toBe(409);
    const events = await following;
    expect(events.at(-1)).toEqual({ id: 0, type: 'end' });
    const run = await ui.json<{ readonly lastSeq: number }>('/api/runs/r1');
    expect(events.slice(0, -1).map(({ id }) => id)).toEqual(Array.from({ length: run.lastSeq - lastSeq }, (_, index) => lastSeq + 1 + index));
    expect(run).toMatchObject({ status: 'success', verdict: { verdict: 'accepted' } });
    expect(await ui.json('/api/runs/r1/diff?revision=1')).toMatchObject([{ file: 'src/parse-duration.js', status: 'modified' }]);
  });

  it('a run is forked and cancelled, and ends so', async () => {
    const { run } = await (await ui.change('/api/runs/r1/fork', { at: 7 })).json() as { readonly run: string };
    const following = ui.ask(`/api/runs/${run}/events`).then((response) => readEvents(response));
    expect((await ui.change(`/api/runs/${run}/cancel`, { message: 'Enough.' })).status).toBe(202);
    expect((await following).at(-1)).toMatchObject({ type: 'end' });
    expect(await ui.json(`/api/runs/${run}`)).toMatchObject({ status: 'cancelled', message: expect.stringContaining('Enough.') as string });
    expect((await ui.ask('/api/runs/nobody/events')).status).toBe(404);
  });

  it('a fork that cannot be says why, and one that goes on ends with the dashboard', async () => {
    expect(await (await ui.change('/api/runs/r1/fork', { at: 999 })).json()).toMatchObject({ code: 'FW_UI_COMMAND', message: expect.stringContaining('999') as string });
    const made = await ui.change('/api/runs/r1/fork', { at: 0 });
    expect(made.status).toBe(201);
    const { run } = await made.json() as { readonly run: string };
    expect(await ui.json(`/api/runs/${run}`)).toMatchObject({ forkedFrom: { run: 'r1', seq: 0 } });
    const { exitCode, stderr } = await ui.stop();
    expect([exitCode, stderr.replace(/^fw: building.*\n/, '')]).toEqual([130, '']);
    // What stopped at a safe place can be taken up; nobody works on it any more.
    const { status } = await readOnly.json<{ readonly status: string }>(`/api/runs/${run}`);
    expect(status).not.toBe('running');
  });

  it('an address for everybody, a port that is no port and one that is taken are refused', async () => {
    await expect(startUi(options, '--host', '0.0.0.0')).rejects.toThrow('not one address');
    await expect(startUi(options, '--port', '99999')).rejects.toThrow('not a port');
    await expect(startUi(options, '--port', String(readOnly.port))).rejects.toThrow('taken');
  });
});
