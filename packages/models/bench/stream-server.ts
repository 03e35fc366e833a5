// A chat completions server of its own process, so that its work is not counted: answers each request with so many chunks.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const chunks = Number(process.argv[2] ?? '200');
const head = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 0, model: 'bench' };
const said = (delta: object, finish: string | null): string => `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const pieces = Array.from({ length: chunks }, (_, index) => said({ content: `word${index} ` }, null));
const end = `${said({}, 'stop')}data: ${JSON.stringify({ ...head, choices: [], usage: { prompt_tokens: 10, completion_tokens: chunks, total_tokens: chunks + 10 } })}\n\ndata: [DONE]\n\n`;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let index = 0;
    // One event a packet, as a service sends them.
    const next = (): void => {
      if (index === pieces.length) return void response.end(end);
      response.write(pieces[index]);
      index += 1;
      setImmediate(next);
    };
    next();
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.on('end', () => process.exit()).resume();
