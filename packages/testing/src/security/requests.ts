import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';
import type { Call } from './call.ts';
import type { Run } from './run.ts';
import { isFunction } from './scope.ts';
import type { State } from './state.ts';
import { from } from './taint.ts';
import { ofTaint, unknown } from './value.ts';
import type { FunctionRef, Value } from './value.ts';

const routes = /^(get|post|put|patch|delete|del|all|use|head|options|route|createServer|handle|param|addRoute|register)$/;
const events = /^(on|once|addListener|addEventListener|prependListener)$/;
const archives = /zip|tar|archive|rar|7z|decompress|extract|yauzl|unpack/i;
const sockets = /^(ws|net|dgram|socket\.io|sockjs|mqtt|faye|engine\.io|uWebSockets\.js|tls|http2?|https)(\/|$)/;

export const requestValue: Value = ofTaint(new Map([['request', { from: from.request, shape: 0, safe: 0 }]]));
const message: Value = ofTaint(new Map([['message', { from: from.remote, shape: 0, safe: 0 }]]));
const entry: Value = ofTaint(new Map([['archive/entry', { from: from.archive, shape: 0, safe: 0 }]]));

/** Calls handlers with what they get from outside: requests of routes and servers, messages, entries of archives. */
export function giveRequests(run: Run, call: Call, library: string | undefined, state: State): void {
  const handlers = call.given.flatMap((value) => value.refs.filter((ref) => ref.type === 'function' && isFunction(ref.node))) as FunctionRef[];
  if (handlers.length === 0) return;
  const [event] = call.given;
  const give = (values: (target: FunctionRef) => readonly Value[]): void => {
    for (const target of handlers) run.call(target, target.self ?? unknown, values(target), state.fork());
  };
  if (events.test(call.name) && event?.text !== undefined) {
    const name = event.text;
    const isRequest = [...(call.object?.taint.values() ?? [])].some((mark) => (mark.from & from.request) !== 0);
    if (name === 'request') give(() => [requestValue, unknown]);
    else if (/^(entry|file)$/.test(name) && run.uses(archives)) give(() => [entry, entry, unknown]);
    else if (/^(message|data|text|binary)$/.test(name) && (isRequest || run.uses(sockets)) && library?.startsWith('process') !== true) give(() => [message, unknown]);
    else if (call.name === 'addEventListener' && name === 'message') give(() => [message]);
    return;
  }
  if (!routes.test(call.name) && library !== 'http.createServer') return;
  const isServer = call.name === 'createServer';
  const isRoute = isServer || call.name === 'use' || (event?.text !== undefined && /^[/*]|^$/.test(event.text)) || handlers.some((target) => parametersOf(target).length >= 2);
  if (isServer && library !== undefined && /^(net|tls)\./.test(library)) return;
  if (isRoute) give((target) => (parametersOf(target).length === 4 ? [unknown, requestValue, unknown, unknown] : [requestValue, unknown, unknown]));
}

/** What a parameter gets from outside, as far as its name and its type tell. */
export function isRequestParameter(node: unknown): boolean {
  if (!isNode(node)) return false;
  if (node.type !== 'Identifier') return false;
  if (/^_?(req|request|incomingMessage|httpRequest)$/i.test(String(node['name']))) return true;
  const type = typeName(node['typeAnnotation']);
  if (type !== undefined) return /(^|\.)(Request|IncomingMessage|FastifyRequest|NextApiRequest|NextRequest|ParameterizedContext|Http2ServerRequest|APIGatewayProxyEvent(V2)?)$/.test(type);
  return /^ctx$/.test(String(node['name']));
}

function typeName(annotation: unknown): string | undefined {
  const type = isNode(annotation) ? annotation['typeAnnotation'] : undefined;
  if (!isNode(type) || type.type !== 'TSTypeReference') return undefined;
  const name = type['typeName'];
  if (!isNode(name)) return undefined;
  return name.type === 'Identifier' ? String(name['name']) : isNode(name['right']) ? String(name['right']['name']) : undefined;
}

function parametersOf(target: FunctionRef): readonly SyntaxNode[] {
  return (target.node['params'] ?? []) as readonly SyntaxNode[];
}
