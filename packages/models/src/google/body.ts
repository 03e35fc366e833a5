import type { JsonObject } from '../json.ts';
import type { ModelRequest } from '../model.ts';
import { googleRequest } from './contents.ts';

/** The request as the service takes it; options of the provider are fields of it. */
export function generateBody(request: ModelRequest, target: { readonly model: string; readonly provider: string }): JsonObject {
  const { contents, systemInstruction, tools, toolConfig, generationConfig } = googleRequest(request, target.model);
  const { generationConfig: more, ...options } = request.providerOptions?.[target.provider] ?? {};
  return {
    ...(systemInstruction === undefined ? {} : { systemInstruction }),
    ...(tools === undefined ? {} : { tools }),
    ...(toolConfig === undefined ? {} : { toolConfig }),
    ...options,
    generationConfig: { ...generationConfig, ...(more as JsonObject | undefined) },
    contents,
  };
}
