import { call, calls, failed, stuck, text, unavailable } from './misbehaving-model.ts';
import type { MisbehavingModel } from './misbehaving-model.ts';

const noise = 'ﷺ☃\u0000\u001b[2J\u202e}{]["\\u00 <|im_end|> ���';
const halfSubmission = '{"criteria":[{"id":"c1","text":"sum adds any num';
const pieces = Array.from({ length: 40 }, (_, index) => `word ${index} of what never ends, `);
const longCode = `export const table = [${Array.from({ length: 400 }, (_, index) => index).join(', ')}];\n`;
const sorry = 'I am sorry, but I cannot help with changes of software. Please ask a professional.';

/** Models whose words are no answer: garbage, nothing, a refusal, or a stream that breaks off. */
export const words: readonly MisbehavingModel[] = [
  // Garbage and half JSON.
  { id: 'garbage-text', kind: 'garbage', wire: 'openai-chat', does: 'answers the planning with control characters and halves of markup', play: { planning: [text(noise)] }, ends: stuck(/S6/), maxRequests: 4, cli: true },
  { id: 'garbage-half-submission', kind: 'garbage', wire: 'openai-responses', does: 'writes the first half of a submission as text, again and again', play: { analysis: [text(halfSubmission)] }, ends: stuck(/S6/), maxRequests: 6 },
  { id: 'garbage-half-arguments-chat', kind: 'garbage', wire: 'openai-chat', does: 'breaks off the JSON of every call', play: { implementation: [call('write_file', '{"path": "src/sum.js", "content": "expo')] }, ends: stuck(/S6/), maxRequests: 12, cli: true },
  { id: 'garbage-half-arguments-responses', kind: 'garbage', wire: 'openai-responses', does: 'breaks off the JSON of its analysis', play: { analysis: [call('submit_analysis', '{"summary": ')] }, ends: stuck(/S6/), maxRequests: 7 },
  { id: 'garbage-half-arguments-anthropic', kind: 'garbage', wire: 'anthropic', does: 'breaks off the JSON of its review', play: { 'design-review': [call('submit_review', '{"approved": tr')] }, ends: stuck(/S6/), maxRequests: 10 },
  { id: 'garbage-arguments-google', kind: 'garbage', wire: 'google-genai', does: 'gives a text where the arguments should be', play: { planning: [call('submit_requirements', 'c1: sum adds {')] }, ends: stuck(/S6/), maxRequests: 6 },
  { id: 'garbage-deep-arguments', kind: 'garbage', wire: 'openai-chat', does: 'nests the arguments of a call 20,000 lists deep', play: { implementation: [call('write_file', `{"path": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`)] }, ends: stuck(/S6/), maxRequests: 12 },
  { id: 'garbage-html', kind: 'garbage', wire: 'anthropic', does: 'is a login page with status 200', play: { planning: [{ raw: { contentType: 'text/html', body: '<!doctype html><title>Log in</title><p>Please log in.</p>' } }] }, ends: unavailable('FW_MODEL_PROTOCOL'), maxRequests: 3, cli: true },
  { id: 'garbage-half-event', kind: 'garbage', wire: 'google', does: 'sends half an event and ends', play: { design: [{ raw: { body: 'data: {"candidates":[{"content":{"role":"model","parts":[{"te\n\n' } }] }, ends: unavailable('FW_MODEL_PROTOCOL'), maxRequests: 6 },
  { id: 'garbage-foreign-json', kind: 'garbage', wire: 'openai-responses', does: 'sends events of another service', play: { planning: [{ raw: { body: 'event: weather\ndata: {"temperature": 21}\n\n' } }] }, ends: unavailable('FW_MODEL_PROTOCOL'), maxRequests: 3 },

  // Nothing.
  { id: 'empty-text', kind: 'empty-answers', wire: 'openai-responses', does: 'answers nothing at all', play: { planning: [text('')] }, ends: stuck(/S6/), maxRequests: 4, cli: true },
  { id: 'empty-blanks', kind: 'empty-answers', wire: 'anthropic', does: 'answers blanks and line ends', play: { analysis: [text(' \n\t\n ')] }, ends: stuck(/S6/), maxRequests: 6 },
  { id: 'empty-candidates', kind: 'empty-answers', wire: 'google', does: 'gives candidates without content to the developer', play: { implementation: [text('')] }, ends: stuck(/S6/), maxRequests: 12 },
  { id: 'empty-only-thoughts', kind: 'empty-answers', wire: 'anthropic', does: 'thinks, and says nothing', play: { 'design-review': [{ reasoning: 'The design may be good or not.', signature: 'c2lnbmVk' }] }, ends: stuck(/S6/), maxRequests: 10 },
  { id: 'empty-at-length-limit', kind: 'empty-answers', wire: 'openai-chat', does: 'is cut at its length limit before the first word', play: { implementation: [{ text: '', finish: 'length' }] }, ends: stuck(/S6/), maxRequests: 12 },

  // Refusals.
  { id: 'refusal-anthropic', kind: 'refusals', wire: 'anthropic', does: 'refuses the planning on principle', play: { planning: [{ refusal: 'I will not do this.' }] }, ends: failed('FW_MODEL_POLICY'), maxRequests: 2, cli: true },
  { id: 'refusal-google', kind: 'refusals', wire: 'google', does: 'is blocked by its safety filter', play: { implementation: [{ refusal: 'Blocked.' }] }, ends: failed('FW_MODEL_POLICY'), maxRequests: 10 },
  { id: 'refusal-content-filter', kind: 'refusals', wire: 'openai-chat', does: 'is stopped by a content filter in the middle of the design', play: { design: [{ text: 'The design is', finish: 'content-filter' }] }, ends: failed('FW_MODEL_POLICY'), maxRequests: 5 },
  { id: 'refusal-responses', kind: 'refusals', wire: 'openai-responses', does: 'refuses to review', play: { 'design-review': [{ refusal: 'I cannot judge this.' }] }, ends: failed('FW_MODEL_POLICY'), maxRequests: 8 },
  { id: 'refusal-in-words', kind: 'refusals', wire: 'google-genai', does: 'says politely that it cannot help, in ever other words', play: { implementation: ({ turn }) => text(`${sorry} (${turn})`) }, ends: stuck(/S6/), maxRequests: 12 },
  { id: 'refusal-as-block', kind: 'refusals', wire: 'anthropic', does: 'calls a task that can be done impossible', play: { implementation: [call('finish', { summary: 'Nothing was done.', criteria: [{ id: 'c1', status: 'blocked', evidence: [] }], blocked: { reason: 'Numbers cannot be added.' } })] }, ends: failed('FW_DEVELOPER_BLOCKED', { says: /Numbers cannot be added/ }), maxRequests: 10 },

  // Streams that break off.
  { id: 'cut-in-text', kind: 'cut-streams', wire: 'openai-chat', does: 'is cut in the middle of a sentence, each time', play: { planning: [{ text: pieces, cutAt: 1_500 }] }, ends: unavailable('FW_MODEL_PARTIAL'), maxRequests: 3, cli: true },
  { id: 'cut-in-arguments', kind: 'cut-streams', wire: 'anthropic', does: 'is cut in the arguments of a call, each time', play: { implementation: [{ ...call('write_file', { path: 'src/sum.js', content: longCode, replace: true }), cutAt: 1_200 }] }, ends: unavailable('FW_MODEL_TRUNCATED'), maxRequests: 12 },
  { id: 'cut-without-finish', kind: 'cut-streams', wire: 'google', does: 'ends properly without ever saying that it is done', play: { analysis: [{ ...call('submit_analysis', { summary: 'One function.' }), finish: 'none' }] }, ends: unavailable('FW_MODEL_TRUNCATED'), maxRequests: 5 },
  { id: 'cut-before-first-byte', kind: 'cut-streams', wire: 'openai-responses', does: 'hangs up before the first byte', play: { design: [{ text: 'never said', cutAt: 0 }] }, ends: unavailable('FW_MODEL_TRUNCATED'), maxRequests: 6 },
  { id: 'cut-by-error', kind: 'cut-streams', wire: 'anthropic', does: 'says in the middle of an answer that it is overloaded', play: { 'design-review': [{ text: 'The design', finish: 'none', errorEvent: { failure: 'overloaded' } }] }, ends: unavailable('FW_MODEL_PARTIAL'), maxRequests: 10 },
  { id: 'cut-between-parallel-calls', kind: 'cut-streams', wire: 'openai-chat', does: 'is cut when the first of three writes is complete', play: { implementation: [{ ...calls({ name: 'write_file', arguments: { path: 'a.js', content: 'export const a = 1;\n' } }, { name: 'write_file', arguments: { path: 'b.js', content: longCode } }, { name: 'write_file', arguments: { path: 'c.js', content: longCode } }), cutAt: 2_400 }] }, ends: unavailable('FW_MODEL_TRUNCATED'), maxRequests: 12 },
];
