import { withZod } from './with-zod.ts';
import { record } from './cassette/record.ts';
import { replay } from './cassette/replay.ts';
import { requestKey } from './cassette/request-key.ts';
import { createSecretsFilter } from './secrets-filter.ts';
import { openTape } from './cassette/tape.ts';
import type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';
import { ModelError } from './model-error.ts';
import { parseConfig } from './parse-config.ts';

export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';

export type CassetteOptions = CassetteTape &
  (
    | { /** `record` begins the file anew and asks for everything; `auto` asks only for what it does not hold. */ readonly mode: 'record' | 'auto'; readonly provider: ModelProvider }
    | { /** Asks for nothing: what the file does not hold fails. */ readonly mode: 'replay'; /** A name is enough: nothing is asked. */ readonly provider: { readonly name: string } }
  );

export interface CassetteTape {
  /** JSON lines, one for each answer; kept beside the tests that use it. */
  readonly file: string;
  /** Written nowhere. Keys of well-known forms are left out without being named here. */
  readonly secrets?: readonly string[];
}

/**
 * Records what a provider answers and plays it back, without network and cost: the same request gets the same answer,
 * and the n-th time it is asked the n-th one. Failures are recorded too, calls that their caller ended are not.
 * @throws ModelError FW_MODEL_CONFIG for options that cannot work.
 */
export function cassette(options: CassetteOptions): ModelProvider {
  const { file, mode, secrets = [] } = parseConfig(schema, options, 'The options of cassette()');
  const provider = options.provider as ModelProvider;
  if (mode !== 'replay' && typeof provider.stream !== 'function') {
    throw new ModelError('FW_MODEL_CONFIG', { message: `cassette() in mode "${mode}" needs a provider to ask. Only "replay" does without.` });
  }
  const tape = openTape(file, mode);
  const filter = createSecretsFilter(secrets);

  async function* stream(request: ModelRequest, call: ModelCall): AsyncGenerator<ModelEvent, void, undefined> {
    const asked = requestKey(provider.name, filter(request), call);
    const entry = await tape.take(asked.key);
    if (entry !== undefined) yield* replay(entry, call);
    else if (mode === 'replay') throw missing(file, provider.name, asked.words, call);
    else yield* record(provider.stream(request, call), call, (heard) => tape.append({ ...filter(heard), key: asked.key, provider: provider.name, model: call.model, asked: asked.words }));
  }

  const keys = provider.keys === undefined ? {} : { keys: provider.keys };
  return { specVersion: 1, name: provider.name, ...(mode === 'replay' || provider.simulated === true ? { simulated: true } : keys), stream };
}

const schema = withZod((z) => z.strictObject({
  file: z.string().min(1),
  mode: z.enum(['record', 'replay', 'auto'], 'must be "record", "replay" or "auto"'),
  provider: z.custom<{ readonly name: string }>((value) => typeof (value as { name?: unknown } | undefined)?.name === 'string', 'must be a provider'),
  secrets: z.array(z.string()).optional(),
}));

function missing(file: string, provider: string, words: string, call: ModelCall): ModelError {
  const message = `The cassette ${file} has no answer of ${provider}/${call.model} left for this request: ${words} Record it with mode "auto", or ask what was asked then.`;
  return new ModelError('FW_MODEL_CASSETTE', { message, failure: 'invalid' });
}
