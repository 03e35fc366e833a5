import { isModelError } from './is-model-error.ts';
import type { JsonObject } from './json.ts';
import type { Model, ModelRequest } from './model.ts';
import { modelFromRun, runOf } from './model-from-run.ts';
import type { Deliver, KeyedCall } from './model-from-run.ts';
import { parseReference } from './reference.ts';

/**
 * Asks once more, in other words, when a model does not know a parameter that has another name or can be left out;
 * later requests are put that way from the start.
 */
export function withRewrite(model: Model): Model {
  const provider = parseReference(model.id)?.provider ?? '';
  const learned = new Map<string, Rewrite>();
  return modelFromRun(model, (request, call, deliver) => rewriting(model, provider, learned, request, call, deliver));
}

function rewriting(model: Model, provider: string, learned: Map<string, Rewrite>, request: ModelRequest, call: KeyedCall, deliver: Deliver): Promise<void> {
  let asked = request;
  for (const rewrite of learned.values()) asked = rewrite.apply(asked, provider) ?? asked;
  return runOf(model)(asked, call, deliver).catch((error: unknown) => {
    // A refusal of a parameter comes before any content.
    const found = isModelError(error) && error.failure === 'parameter' ? rewrites.find(({ name, says }) => !learned.has(name) && says.test(error.message)) : undefined;
    const again = found?.apply(asked, provider);
    if (found === undefined || again === undefined) throw error;
    learned.set(found.name, found);
    return runOf(model)(again, { ...call, attempt: (call.attempt ?? 1) + 1 }, deliver);
  });
}

interface Rewrite {
  readonly name: string;
  /** What a refusal says that this may cure. The parameter that is named first is the refused one. */
  readonly says: RegExp;
  /** Undefined when the request does not have what was refused. */
  apply(request: ModelRequest, provider: string): ModelRequest | undefined;
}

const rewrites: readonly Rewrite[] = [
  { name: 'max_completion_tokens', says: /^(?:(?!max_completion_tokens).)*\bmax_tokens\b/s, apply: (request, provider) => renamedMaximum(request, provider, 'max_completion_tokens') },
  { name: 'max_tokens', says: /\bmax_completion_tokens\b/, apply: (request, provider) => renamedMaximum(request, provider, 'max_tokens') },
  { name: 'temperature', says: /\btemperature\b/, apply: ({ temperature, ...rest }) => (temperature === undefined ? undefined : rest) },
  { name: 'reasoning', says: /\b(reasoning_effort|reasoning|thinking)\b/, apply: ({ reasoning, ...rest }) => (reasoning === undefined ? undefined : rest) },
];

function renamedMaximum({ maxOutputTokens, ...rest }: ModelRequest, provider: string, name: string): ModelRequest | undefined {
  if (maxOutputTokens === undefined) return undefined;
  const options: JsonObject = { ...rest.providerOptions?.[provider], [name]: maxOutputTokens };
  return { ...rest, providerOptions: { ...rest.providerOptions, [provider]: options } };
}
