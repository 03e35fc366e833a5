import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AgentError } from './agent-error.ts';
import type { Agent } from './agent.ts';
import { checkAgent } from './check-agent.ts';
import { checkIntegrity, checkVersion } from './check-origin.ts';
import { resolvePackage } from './resolve-package.ts';

export interface LoadAgentOptions {
  /** Absolute path or file URL of the folder that relative paths and package names are resolved from. */
  readonly from: string | URL;
  /** The version that is asked for: `1.2.3`, `^1.2.3` or `~1.2.3`; of the agent, else of its package. */
  readonly version?: string;
  /** What the file that is imported must hash to: `sha512-…` or `sha256-…` in base64. What that file imports is not looked at. */
  readonly integrity?: string;
  /** Reads the file as it is now, also when it was imported before it changed. What it imports stays as it was. */
  readonly fresh?: boolean;
  /** Ends waiting for a module that does not finish loading. */
  readonly signal?: AbortSignal;
}

/**
 * Imports an agent by file path, file URL or package name. The module's default export is an agent, or a function
 * that creates one. Loading runs the module's code with the rights of this process.
 * @throws AgentError `FW_AGENT_LOAD` when it cannot be found or imported, `FW_AGENT_INVALID` or `FW_AGENT_SPEC_VERSION` when what it exports does not fit, `FW_AGENT_INTEGRITY` before any of it runs, `FW_AGENT_VERSION`; each names the specifier.
 */
export async function loadAgent(specifier: string, options: LoadAgentOptions): Promise<Agent> {
  options.signal?.throwIfAborted();
  const url = locate(specifier, options.from);
  const bytes = options.integrity !== undefined || options.fresh === true ? readBytes(specifier, url) : undefined;
  if (bytes !== undefined && options.integrity !== undefined) checkIntegrity(specifier, bytes, options.integrity);
  // Node keeps a module by its address: other bytes need another one.
  if (bytes !== undefined && options.fresh === true) url.search = `?sha256=${createHash('sha256').update(bytes).digest('hex')}`;
  const exported = await abortable(importDefault(specifier, url), options.signal);
  const agent = checkAgent(exported, `What "${specifier}" exports`);
  if (options.version !== undefined) checkVersion(specifier, agent.version ?? packageVersion(dirname(fileURLToPath(url))), options.version);
  return agent;
}

async function importDefault(specifier: string, url: URL): Promise<unknown> {
  let exported: unknown;
  try {
    exported = ((await import(url.href)) as { readonly default?: unknown }).default;
    if (typeof exported === 'function') exported = await (exported as () => unknown)();
  } catch (cause) {
    throw loadError(specifier, `loading ${fileURLToPath(url)} failed: ${messageOf(cause)}`, cause);
  }
  if (exported === undefined) throw loadError(specifier, `${fileURLToPath(url)} has no default export. Export an agent, or a function that creates one, as default`);
  return exported;
}

function locate(specifier: string, from: string | URL): URL {
  let url: URL | undefined;
  let isFile = false;
  try {
    const folder = folderOf(from);
    if (specifier.startsWith('file:')) url = new URL(specifier);
    else if (isAbsolute(specifier) || /^\.{1,2}(?:[/\\]|$)/.test(specifier)) url = pathToFileURL(resolve(folder, specifier));
    else url = resolvePackage(specifier, folder);
    isFile = url !== undefined && statSync(url, { throwIfNoEntry: false })?.isFile() === true;
  } catch (cause) {
    throw loadError(specifier, messageOf(cause), cause);
  }
  if (url === undefined) throw loadError(specifier, `no package of that name can be found from ${String(from)}. Install it there, or write "./${specifier}" for a file`);
  if (!isFile) throw loadError(specifier, `${fileURLToPath(url)} is not a file`);
  return url;
}

function readBytes(specifier: string, url: URL): Uint8Array {
  try {
    return readFileSync(url);
  } catch (cause) {
    throw loadError(specifier, messageOf(cause), cause);
  }
}

/** Of the package that the folder is in. */
function packageVersion(folder: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? undefined : packageVersion(parent);
  }
}

function folderOf(from: string | URL): string {
  return from instanceof URL || from.startsWith('file:') ? fileURLToPath(from) : from;
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((done, failed) => {
    const abort = (): void => failed(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(done, failed).finally(() => signal.removeEventListener('abort', abort));
  });
}

function loadError(specifier: string, why: string, cause?: unknown): AgentError {
  return new AgentError('FW_AGENT_LOAD', { message: `Agent "${String(specifier).slice(0, 500)}" cannot be loaded: ${why}.`, cause });
}

function messageOf(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return 'unknown reason';
  }
}
