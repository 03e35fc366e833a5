// A provider of your own is one function: it turns what a service streams into events, and says what goes wrong in words
// that are known. Limits, budgets, retries and books are put around it. This one speaks to a service that answers with one
// JSON object a line, and passes `testProvider` of @fw/models/conformance.
import { ModelError } from '@fw/models';

export function createLines({ baseURL, name = 'lines' }) {
  return {
    specVersion: 1,
    name,
    async *stream(request, call) {
      const response = await send(`${baseURL}/answer`, { model: call.model, ...request }, call);
      yield { type: 'start', model: call.model, attempt: call.attempt };
      let calls = 0;
      for await (const line of linesOf(response.body)) {
        if (line.text !== undefined) yield { type: 'text', delta: line.text };
        if (line.tool !== undefined) yield { type: 'tool-call', id: `${call.key}-${(calls += 1)}`, name: line.tool, arguments: line.arguments };
        if (line.tokens !== undefined) yield { type: 'usage', usage: usageOf(line.tokens) };
        // Without this an answer counts as cut off, and is asked for again where that is safe.
        if (line.done === true) yield { type: 'finish', reason: calls > 0 ? 'tool-calls' : 'stop', raw: 'done' };
      }
    },
  };
}

async function send(url, body, call) {
  let response;
  try {
    response = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal: call.signal });
  } catch (error) {
    throw new ModelError('FW_MODEL_NETWORK', { message: `${url} cannot be reached.`, failure: 'network', retryable: true, cause: error });
  }
  call.onHeaders(Object.fromEntries(response.headers));
  if (response.ok) return response;
  const [code, failure] = response.status === 429 ? ['FW_MODEL_RATE_LIMIT', 'rate-limit'] : response.status < 500 ? ['FW_MODEL_INVALID', 'invalid'] : ['FW_MODEL_SERVER', 'server'];
  throw new ModelError(code, { message: `${url} answered HTTP ${response.status}.`, failure, status: response.status, retryable: failure !== 'invalid' });
}

async function* linesOf(body) {
  let rest = '';
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

function usageOf([inputTokens, outputTokens]) {
  return { inputTokens, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false, costNanoUsd: 'unknown' };
}
