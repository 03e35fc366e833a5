// A chat completions server of its own process, so that its work is not counted. It calls one tool a turn until the
// conversation has so many results, then finishes; with a delay in milliseconds it lets each request wait.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const turns = Number(process.argv[2] ?? '10');
const delayMs = Number(process.argv[3] ?? '0');
const head = { id: 'chatcmpl-bench', created: 0, model: 'bench' };
const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { messages, stream } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly messages: readonly { readonly role: string }[]; readonly stream?: boolean };
    const turn = messages.filter(({ role }) => role === 'tool').length + 1;
    const call = { id: `call_${turn}`, type: 'function', function: turn < turns ? { name: 'read_file', arguments: `{"path":"src/${turn}.ts"}` } : { name: 'finish', arguments: '{"summary":"done"}' } };
    const answer = (): void => {
      if (stream !== true) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ...head, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }], usage }));
        return;
      }
      const event = (delta: object, finish: string | null): string => `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${event({ role: 'assistant', content: null, tool_calls: [{ index: 0, ...call }] }, null)}${event({}, 'tool_calls')}data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })}\n\ndata: [DONE]\n\n`);
    };
    if (delayMs > 0) setTimeout(answer, delayMs);
    else answer();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.on('end', () => process.exit()).resume();
