import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { useProxies } from '../src/use-proxies.ts';
import { selfSigned } from './self-signed.ts';
import { runFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
const certificate = selfSigned('localhost');
/** Only the proxy knows the way there. */
const farAway = 'localhost:8443';
const servers: Server[] = [];
const connects: string[] = [];
const requests: string[] = [];

beforeAll(async () => {
  const service = createTlsServer(certificate, (request, response) => {
    requests.push(`${String(request.method)} ${String(request.url)} ${String(request.headers.authorization)}`);
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`data: ${JSON.stringify({ model: 'far-away', choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] })}\n\n`);
    response.end('data: [DONE]\n\n');
  });
  const proxy = createServer((_, response) => { response.writeHead(405).end(); });
  proxy.on('connect', (request, socket, head) => {
    connects.push(String(request.url));
    const onward = connect((service.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    for (const end of [socket, onward]) end.on('error', () => { socket.destroy(); onward.destroy(); });
  });
  for (const server of [service, proxy]) {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
});

afterAll(async () => {
  for (const server of servers) {
    if ('closeAllConnections' in server) (server as ReturnType<typeof createServer>).closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

beforeEach(async () => {
  connects.length = 0;
  requests.length = 0;
  await mkdir(path.join(folder(), 'project'));
  await writeFile(path.join(folder(), 'extra.pem'), certificate.cert);
});

function test(env: { readonly [name: string]: string }): Promise<Ended> {
  return runFw(['models', 'test', 'openai/m', '--output', 'json'], {
    cwd: path.join(folder(), 'project'),
    env: { FW_HOME: path.join(folder(), 'home'), OPENAI_API_KEY: 'sk-behind-a-proxy-0123', OPENAI_BASE_URL: `https://${farAway}/v1`, ...env },
  });
}

const proxyURL = (): string => `http://user:pass%20word@127.0.0.1:${String((servers[1]?.address() as AddressInfo).port)}`;
const trusted = (): { readonly NODE_EXTRA_CA_CERTS: string } => ({ NODE_EXTRA_CA_CERTS: path.join(folder(), 'extra.pem') });

describe('a service behind a proxy, with a certificate of its own', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])('is reached through %s and NODE_EXTRA_CA_CERTS', async (variable) => {
    const { exitCode, stdout } = await test({ [variable]: proxyURL(), ...trusted() });
    expect(JSON.parse(stdout)).toMatchObject({ models: [{ status: 'answered', answeredBy: 'far-away' }] });
    expect(exitCode).toBe(0);
    expect(connects).toEqual([farAway]);
    expect(requests).toEqual(['POST /v1/chat/completions Bearer sk-behind-a-proxy-0123']);
  });

  it('is not trusted without the certificate, which says so without a key or a password', async () => {
    const { exitCode, stdout, stderr } = await test({ HTTPS_PROXY: proxyURL() });
    expect(exitCode).toBe(6);
    expect(stdout).toMatch(/SELF_SIGNED/);
    expect(stdout + stderr).not.toMatch(/sk-behind|pass%20word/);
    expect(requests).toEqual([]);
  });

  it.each(['NO_PROXY', 'no_proxy'])('is asked directly where %s says so', async (variable) => {
    const here = `https://localhost:${String((servers[0]?.address() as AddressInfo).port)}/v1`;
    const { exitCode } = await test({ HTTPS_PROXY: proxyURL(), [variable]: 'somewhere.else,localhost', OPENAI_BASE_URL: here, ...trusted() });
    expect(exitCode).toBe(0);
    expect(connects).toEqual([]);
  });
});

it.each(['not a url', 'socks5://127.0.0.1:1', 'http://'])('refuses the proxy %j without repeating it', (address) => {
  expect(() => { useProxies({ HTTPS_PROXY: address }); }).toThrow(expect.objectContaining({ code: 'FW_USAGE', message: expect.stringMatching(/^HTTPS_PROXY is not/) as string }));
});
