import { failedWith } from '../failed-with.ts';
import { ModelError } from '../model-error.ts';

/** What we need of a language model of the AI SDK, whichever version of its contract it has. */
export interface AiSdkModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doStream(options: never): PromiseLike<{ readonly stream: AsyncIterable<unknown>; readonly response?: { readonly headers?: { readonly [name: string]: string } | undefined } | undefined }>;
}

export type AiSdkVersion = 2 | 3 | 4;

/** The model of this name and the version of its contract. @throws ModelError FW_MODEL_SPEC_VERSION or FW_MODEL_GONE. */
export function chooseModel(model: AiSdkModel | ((name: string) => AiSdkModel), name: string, provider: string): { readonly model: AiSdkModel; readonly version: AiSdkVersion } {
  const chosen = typeof model === 'function' && !('doStream' in model) ? model(name) : (model as AiSdkModel);
  const version = Number(/^v([234])$/.exec(chosen.specificationVersion)?.[1]);
  if (Number.isNaN(version)) {
    const message = `The model "${chosen.modelId}" has specificationVersion "${chosen.specificationVersion}" of the AI SDK; known are "v2", "v3" and "v4". Install releases that fit each other.`;
    throw new ModelError('FW_MODEL_SPEC_VERSION', { message });
  }
  if (chosen !== model || chosen.modelId === name) return { model: chosen, version: version as AiSdkVersion };
  throw failedWith('model-gone', `The provider "${provider}" was given one model, "${chosen.modelId}", and is asked for "${name}". Ask for ${provider}/${chosen.modelId}.`);
}
