import type { ModelProvider } from './model.ts';
import { answer } from './scripted/answer.ts';
import { parseScript } from './scripted/script.ts';
import type { Script, ScriptReply } from './scripted/script.ts';

export { loadScript } from './scripted/load-script.ts';
export { parseScript, scriptJsonSchema } from './scripted/script.ts';
export type { Script, ScriptAnswer, ScriptCondition, ScriptReply } from './scripted/script.ts';
export type { FailureKind } from './model-error.ts';
export type { Json, JsonObject, JsonSchema } from './json.ts';
export type { FinishReason, ModelCall, ModelEvent, ModelProvider, ModelRequest } from './model.ts';

export interface ScriptedOptions {
  /** Default `scripted`. */
  readonly name?: string;
  readonly script: Script | readonly ScriptReply[];
}

/**
 * A provider that plays a script: offline, free, and the same answer to the same request in every process.
 * It is marked as simulated.
 * @throws ModelError FW_MODEL_SCRIPT for a script that cannot be played.
 */
export function scripted(options: ScriptedOptions): ModelProvider {
  const name = options.name ?? 'scripted';
  const script = parseScript(options.script);
  return { specVersion: 1, name, simulated: true, stream: (request, call) => answer(name, script, request, call) };
}
