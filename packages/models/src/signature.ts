import type { Json } from './json.ts';
import type { ModelRequest, Part } from './model.ts';

/** Marks a reasoning signature with the provider that made it. */
export function tagSignature(provider: string, opaque: Json): Json {
  return { provider, opaque };
}

/** Gives each provider its own signatures back, bare, and takes out those of others: they are refused or misread there. */
export function ownSignatures(request: ModelRequest, provider: string): ModelRequest {
  const isTouched = request.messages.some(({ content }) => typeof content !== 'string' && content.some(isSigned));
  if (!isTouched) return request;
  const messages = request.messages.map((message) => {
    if (typeof message.content === 'string' || !message.content.some(isSigned)) return message;
    return { ...message, content: message.content.map((part) => bare(part, provider)) };
  });
  return { ...request, messages };
}

function isSigned(part: Part): boolean {
  return part.type === 'reasoning' && part.opaque !== undefined;
}

function bare(part: Part, provider: string): Part {
  if (part.type !== 'reasoning' || part.opaque === undefined) return part;
  const tagged = part.opaque as { readonly provider?: Json; readonly opaque?: Json } | null;
  if (typeof tagged === 'object' && tagged?.provider === provider && tagged.opaque !== undefined) {
    return { type: 'reasoning', text: part.text, opaque: tagged.opaque };
  }
  return { type: 'reasoning', text: part.text };
}
