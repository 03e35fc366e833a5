import type { Json } from './json.ts';

const maxLength = 4_000_000;
const maxDepth = 200;

/** Parses JSON that a model wrote; a string is the reason why it cannot be used. Length and depth are bounded. */
export function parseJson(text: string): { readonly value: Json } | { readonly problem: string } {
  if (text.length > maxLength) return { problem: `it has ${text.length} characters, more than ${maxLength}` };
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    return { problem: (error as SyntaxError).message };
  }
  return isDeeper(value) ? { problem: `it is nested deeper than ${maxDepth} levels` } : { value };
}

function isDeeper(root: Json): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) return true;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const inner of Object.values(value)) next.push(inner);
    }
    level = next;
  }
  return false;
}
