import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { connectMcp } from '../src/index.ts';
import type { McpConnection, StartServer } from '../src/index.ts';
import { callTool } from './start-fixture.ts';


/** A server written by hand: `answers` is code of a function from a request to what is written back, line by line. */
function startByHand(answers: string): StartServer {
  const script = `
const listed = { tools: [{ name: 'a', inputSchema: { type: 'object' } }] };
const answers = ${answers};
const hello = (params) => ({ protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const request = JSON.parse(line);
  const usual = request.method === 'initialize' ? hello(request.params) : request.method === 'tools/list' ? listed : undefined;
  const own = answers(request, (text) => process.stdout.write(text));
  if (own === 'none' || request.id === undefined) return;
  const result = own ?? usual;
  process.stdout.write(JSON.stringify(result === undefined ? { jsonrpc: '2.0', id: request.id, error: { code: -32601, message: 'no such method' } } : { jsonrpc: '2.0', id: request.id, result }) + '\\n');
}).on('close', () => process.exit());`;
  return () => {
    const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
    return Promise.resolve({ stdin: child.stdin, stdout: child.stdout, ended: once(child, 'close'), kill: () => void child.kill('SIGKILL') });
  };
}

async function open(answers: string): Promise<McpConnection> {
  return connectMcp({ name: 'x', timeoutMs: 2_000, connectTimeoutMs: 3_000, server: { type: 'stdio', start: startByHand(answers) } });
}

it.each([
  ['never answers', "() => 'none'"],
  ['says hello in another protocol', "({ method }) => (method === 'initialize' ? { protocolVersion: '1999-01-01', capabilities: {}, serverInfo: { name: 'x', version: '1' } } : undefined)"],
  ['answers hello with nonsense', "({ method }) => (method === 'initialize' ? { hello: true } : undefined)"],
  ['lists what is no list', "({ method }) => (method === 'tools/list' ? { tools: 'all' } : undefined)"],
  ['lists without end', "({ method }) => (method === 'tools/list' ? { ...listed, nextCursor: String(Math.random()) } : undefined)"],
  ['lists a tool a million times', "({ method }) => (method === 'tools/list' ? { tools: Array.from({ length: 40_000 }, () => listed.tools[0]) } : undefined)"],
  ['nests without end', "({ method, id }, write) => (method === 'tools/list' ? (write('{\"jsonrpc\":\"2.0\",\"id\":' + id + ',\"result\":' + '{\"a\":'.repeat(500_000) + '1' + '}'.repeat(500_000) + '}\\n'), 'none') : undefined)"],
])('a server that %s is refused, and ended', async (_, answers) => {
  await expect(open(answers)).rejects.toMatchObject({ code: expect.stringMatching(/^FW_MCP_(CONNECT|TOOLS)$/) });
});

it.each([
  ['a result of another form', "({ method }) => (method === 'tools/call' ? { content: 'text' } : undefined)"],
  ['content of wrong types', "({ method }) => (method === 'tools/call' ? { content: [{ type: 'text', text: { toString: 1 } }, null, 7] } : undefined)"],
  ['no content', "({ method }) => (method === 'tools/call' ? {} : undefined)"],
  ['a null', "({ method, id }, write) => (method === 'tools/call' ? (write('null\\n[]\\n7\\n{\"jsonrpc\":\"2.0\",\"id\":' + id + ',\"result\":null}\\n'), 'none') : undefined)"],
  ['two answers, and others that nobody asked for', "({ method, id }, write) => (method === 'tools/call' ? (write(Array.from({ length: 200 }, (_, at) => '{\"jsonrpc\":\"2.0\",\"id\":' + (id + at % 2 * 1000) + ',\"result\":{\"content\":[]}}\\n').join('')), 'none') : undefined)"],
  ['questions of its own', "({ method, id }, write) => (method === 'tools/call' ? (write(['sampling/createMessage', 'elicitation/create', 'roots/list', 'ping'].map((asked, at) => JSON.stringify({ jsonrpc: '2.0', id: 'own' + at, method: asked, params: {} }) + '\\n').join('') + '{\"jsonrpc\":\"2.0\",\"id\":' + id + ',\"result\":{\"content\":[]}}\\n'), 'none') : undefined)"],
  ['half a line and its end', "({ method }, write) => (method === 'tools/call' ? (write('{\"jsonrpc\":\"2.0\",'), setTimeout(() => process.exit(), 50), 'none') : undefined)"],
  ['an error of wrong types', "({ method, id }, write) => (method === 'tools/call' ? (write('{\"jsonrpc\":\"2.0\",\"id\":' + id + ',\"error\":{\"code\":\"x\",\"message\":7}}\\n'), 'none') : undefined)"],
  ['an error as long as a book', "({ method, id }, write) => (method === 'tools/call' ? (write('{\"jsonrpc\":\"2.0\",\"id\":' + id + ',\"error\":{\"code\":1,\"message\":\"' + 'x'.repeat(3_000_000) + '\"}}\\n'), 'none') : undefined)"],
])('%s for a call is answered once, within bounds', async (_, answers) => {
  const connection = await open(answers);
  try {
    const result = await callTool(connection, 'x__a');
    expect(typeof result.text).toBe('string');
    expect(result.text.length).toBeLessThanOrEqual(16_000);
    expect(await callTool(connection, 'x__a')).toMatchObject({ text: expect.any(String) });
  } finally {
    await connection.close();
  }
});

it.each([
  ['says nothing to', "({ method }) => (method === 'server/discover' ? 'none' : method === 'tools/call' ? { content: [] } : undefined)"],
  ['ends at', "({ method }) => (method === 'server/discover' ? process.exit(1) : method === 'tools/call' ? { content: [] } : undefined)"],
])('an older server that %s questions it does not know can be used', async (_, answers) => {
  const connection = await open(answers);
  try {
    expect(await callTool(connection, 'x__a')).toMatchObject({ ok: true });
  } finally {
    await connection.close();
  }
});
