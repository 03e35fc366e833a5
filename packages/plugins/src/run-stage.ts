import { copyThrown } from './copy-thrown.ts';
import { PluginError } from './plugin-error.ts';
import type { PluginErrorCode, PluginIdentity, PluginStage } from './plugin-error.ts';
import { isRefusal } from './refusal.ts';

export interface StageCall {
  readonly plugin: PluginIdentity;
  readonly stage: PluginStage;
  readonly timeoutMs: number | 'none';
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls into a plugin's code. Whatever it throws, and whenever it does not end, comes out as one PluginError.
 * A call that outlives its deadline is left behind with its signal aborted.
 */
export async function runStage<T>(call: StageCall, run: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  if (call.signal?.aborted) throw cancelled(call);
  const controller = new AbortController();
  let stopped: PluginError | undefined;
  let stop: (error: PluginError) => void = () => {};
  const cut = new Promise<never>((_resolve, reject) => {
    stop = (error) => {
      stopped = error;
      reject(error);
      controller.abort(error);
    };
  });
  const timer = call.timeoutMs === 'none' ? undefined : setTimeout(() => stop(timedOut(call)), call.timeoutMs);
  const cancel = (): void => stop(cancelled(call));
  call.signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([cut, Promise.resolve(controller.signal).then(run)]);
  } catch (error) {
    throw stopped ?? (isRefusal(error, call.plugin) ? error : failed(call, error));
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', cancel);
  }
}

function timedOut({ plugin, stage, timeoutMs }: StageCall): PluginError {
  return new PluginError('FW_PLUGIN_TIMEOUT', { message: `Plugin ${plugin.id}: ${stage} did not end within ${timeoutMs} ms.`, plugin, stage, retryable: true });
}

function cancelled({ plugin, stage }: StageCall): PluginError {
  return new PluginError('FW_PLUGIN_CANCELLED', { message: `Plugin ${plugin.id}: ${stage} was cancelled.`, plugin, stage, retryable: true });
}

function failed({ plugin, stage }: StageCall, thrown: unknown): PluginError {
  const cause = copyThrown(thrown);
  const code: PluginErrorCode = stage === 'load' ? 'FW_PLUGIN_LOAD' : 'FW_PLUGIN_FAILED';
  return new PluginError(code, { message: `Plugin ${plugin.id}: ${stage} failed: ${cause.message}`, plugin, stage, cause });
}
