import type { Json, JsonObject } from '../json.ts';
import { parseJson } from '../parse-json.ts';
import { textIn } from './wire.ts';

/**
 * What the real service would refuse a request for with status 400: calls without exactly one result where it has to
 * stand, names, ids and arguments that its schema does not know, empty messages. Empty when it would take the request.
 */
export function findWireProblems(wire: 'openai-chat' | 'openai-responses' | 'anthropic' | 'google', body: JsonObject): readonly string[] {
  if (wire === 'openai-chat') return chatProblems(body);
  if (wire === 'openai-responses') return responsesProblems(body);
  return wire === 'anthropic' ? anthropicProblems(body) : googleProblems(body);
}

const openaiName = /^[a-zA-Z0-9_-]{1,64}$/;
const anthropicName = /^[a-zA-Z0-9_-]{1,128}$/;
const anthropicId = /^[a-zA-Z0-9_-]+$/;
const googleName = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/;

function chatProblems(body: JsonObject): readonly string[] {
  const messages = listOf(body['messages']);
  const problems = [...notEmpty(messages, 'messages'), ...toolProblems(listOf(body['tools']).map((tool) => fieldsOf(tool['function'])), openaiName, 'parameters')];
  let open: string[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (message['role'] === 'tool') {
      const id = String(message['tool_call_id']);
      if (!open.includes(id)) problems.push(`${at}: tool_call_id "${id}" answers no open call`);
      open = open.filter((other) => other !== id);
      continue;
    }
    if (open.length > 0) problems.push(`${at}: calls without a result before it: ${open.join(', ')}`);
    const calls = listOf(message['tool_calls']);
    open = calls.map((call) => String(call['id'] ?? ''));
    problems.push(...idProblems(open, at), ...open.filter((id) => id.length > 40).map((id) => `${at}: the id "${id}" has more than 40 characters`));
    for (const call of calls) {
      const { name, arguments: input } = fieldsOf(call['function']);
      problems.push(...nameProblems(name, openaiName, at));
      if (typeof input !== 'string' || 'problem' in parseJson(input)) problems.push(`${at}: arguments of ${String(name).slice(0, 80)} are no JSON text`);
    }
    if (calls.length === 0 && message['content'] === null) problems.push(`${at}: content is null`);
  }
  return open.length === 0 ? problems : [...problems, `the last calls have no result: ${open.join(', ')}`];
}

function responsesProblems(body: JsonObject): readonly string[] {
  const items = listOf(body['input']);
  const calls = items.filter(({ type }) => type === 'function_call');
  const outputs = items.filter(({ type }) => type === 'function_call_output');
  const ids = calls.map((call) => String(call['call_id'] ?? ''));
  const problems = [...notEmpty(items, 'input'), ...toolProblems(listOf(body['tools']), openaiName, 'parameters'), ...idProblems(ids, 'input'), ...calls.flatMap(({ name }) => nameProblems(name, openaiName, 'input'))];
  for (const id of ids) {
    if (id.length > 64) problems.push(`input: the id "${id}" has more than 64 characters`);
    const found = outputs.filter((output) => output['call_id'] === id);
    if (found.length !== 1) problems.push(`input: call "${id}" has ${found.length} outputs`);
    else if (items.indexOf(found[0]!) < items.findIndex((item) => item['type'] === 'function_call' && item['call_id'] === id)) problems.push(`input: the output of "${id}" stands before its call`);
  }
  for (const output of outputs) if (!ids.includes(String(output['call_id']))) problems.push(`input: an output of "${String(output['call_id'])}" has no call`);
  return problems;
}

function anthropicProblems(body: JsonObject): readonly string[] {
  const messages = listOf(body['messages']);
  const problems = [...notEmpty(messages, 'messages'), ...toolProblems(listOf(body['tools']), anthropicName, 'input_schema')];
  if (messages[0]?.['role'] !== 'user') problems.push('messages[0]: the first message is not the user\'s');
  if (messages.at(-1)?.['role'] === 'assistant') problems.push('messages: the last message is the assistant\'s');
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const content = typeof message['content'] === 'string' ? [{ type: 'text', text: message['content'] }] : listOf(message['content']);
    problems.push(...notEmpty(content, `${at}.content`));
    for (const block of content) {
      if (block['type'] === 'text' && textIn(block).trim() === '') problems.push(`${at}: a text block has only blanks`);
      if (block['type'] !== 'tool_use') continue;
      problems.push(...nameProblems(block['name'], anthropicName, at));
      if (!anthropicId.test(String(block['id']))) problems.push(`${at}: the id "${String(block['id'])}" of a call has other characters than letters, digits, "_" and "-"`);
      if (!isObject(block['input'])) problems.push(`${at}: the input of ${String(block['name']).slice(0, 80)} is no object`);
    }
    const results = content.filter(({ type }) => type === 'tool_result').map((block) => String(block['tool_use_id']));
    problems.push(...compareIds(open, results, at));
    if (content.some((block, place) => block['type'] === 'tool_result' && place > 0 && content[place - 1]?.['type'] !== 'tool_result')) problems.push(`${at}: results stand behind other content`);
    open = content.filter(({ type }) => type === 'tool_use').map((block) => String(block['id']));
    problems.push(...idProblems(open, at));
  }
  return problems;
}

function googleProblems(body: JsonObject): readonly string[] {
  const contents = listOf(body['contents']);
  const declared = listOf(body['tools']).flatMap((tool) => listOf(tool['functionDeclarations']));
  const problems = [...notEmpty(contents, 'contents'), ...toolProblems(declared, googleName, 'parametersJsonSchema')];
  if (contents[0]?.['role'] !== 'user') problems.push('contents[0]: the first content is not the user\'s');
  let open: readonly string[] = [];
  for (const [index, content] of contents.entries()) {
    const at = `contents[${index}]`;
    const parts = listOf(content['parts']);
    problems.push(...notEmpty(parts, `${at}.parts`));
    const [calls, responses] = ['functionCall', 'functionResponse'].map((kind) => parts.flatMap((part) => (part[kind] === undefined ? [] : [fieldsOf(part[kind])])));
    for (const call of calls!) {
      problems.push(...nameProblems(call['name'], googleName, at));
      if (call['args'] !== undefined && !isObject(call['args'])) problems.push(`${at}: the args of ${String(call['name']).slice(0, 80)} are no object`);
    }
    for (const response of responses!) if (!isObject(response['response'])) problems.push(`${at}: the response of ${String(response['name']).slice(0, 80)} is no object`);
    const names = responses!.map(({ name }) => String(name));
    if (names.join('\n') !== open.join('\n')) problems.push(`${at}: ${names.length} responses (${names.join(', ').slice(0, 200)}) to ${open.length} calls (${open.join(', ').slice(0, 200)})`);
    open = calls!.map(({ name }) => String(name));
    if (open.length > 0 && contents[index - 1]?.['role'] !== 'user') problems.push(`${at}: a call that does not follow the user`);
  }
  return open.length === 0 ? problems : [...problems, `the last calls have no response: ${open.join(', ').slice(0, 200)}`];
}

function toolProblems(tools: readonly JsonObject[], pattern: RegExp, schema: string): readonly string[] {
  const names = tools.map(({ name }) => String(name));
  return [
    ...tools.flatMap((tool) => nameProblems(tool['name'], pattern, 'tools')),
    ...tools.filter((tool) => fieldsOf(tool[schema])['type'] !== 'object').map(({ name }) => `tools: the schema of ${String(name)} is no object`),
    ...(new Set(names).size === names.length ? [] : ['tools: two have one name']),
  ];
}

function nameProblems(name: Json | undefined, pattern: RegExp, at: string): readonly string[] {
  return typeof name === 'string' && pattern.test(name) ? [] : [`${at}: the name ${JSON.stringify(name)?.slice(0, 80)} does not match ${pattern.source}`];
}

function idProblems(ids: readonly string[], at: string): readonly string[] {
  return ids.includes('') || new Set(ids).size !== ids.length ? [`${at}: ids of calls that are empty or there twice: ${ids.join(', ')}`] : [];
}

function compareIds(open: readonly string[], results: readonly string[], at: string): readonly string[] {
  const [missing, unknown] = [open.filter((id) => !results.includes(id)), results.filter((id) => !open.includes(id))];
  return [
    ...(missing.length === 0 ? [] : [`${at}: calls before it without a result: ${missing.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`${at}: results without a call before it: ${unknown.join(', ')}`]),
    ...(new Set(results).size === results.length ? [] : [`${at}: a call has two results`]),
  ];
}

function notEmpty(list: readonly unknown[], at: string): readonly string[] {
  return list.length === 0 ? [`${at}: is empty`] : [];
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function fieldsOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}
