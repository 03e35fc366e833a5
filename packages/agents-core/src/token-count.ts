import type { Json, Message, ToolSpec } from '@fw/models';

/** Bytes of UTF-8 that count as one token; code and prose in English need a little more. */
const bytesPerToken = 4;

/** About how many tokens a value takes in a request. */
export function tokensOf(value: Json | readonly Message[] | readonly ToolSpec[] | Message): number {
  return Math.ceil(sizeOf(value as Json) / bytesPerToken);
}

function sizeOf(value: Json | undefined): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 2;
  if (value === null || typeof value !== 'object') return 4;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item as Json) + 1;
  else for (const key of Object.keys(value)) size += key.length + 4 + sizeOf((value as { readonly [key: string]: Json })[key]);
  return size;
}
