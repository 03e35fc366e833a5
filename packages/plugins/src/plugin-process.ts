import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Json } from './json.ts';
import { createLink, LinkError } from './link.ts';
import type { Link } from './link.ts';

/**
 * Turns a command into one that runs it in a sandbox: without network, seeing nothing of the machine but the system's
 * own files and `readable`, in process and user namespaces of its own, gone when its starter is.
 */
export type ContainCommand = (request: ContainRequest) => Promise<readonly string[]>;

export interface ContainRequest {
  readonly command: readonly string[];
  /** Absolute real paths that it reads and does not change. */
  readonly readable: readonly string[];
  /** Symbolic links that it finds among them. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

export interface PluginProcessOptions {
  readonly readable: readonly string[];
  readonly links: ContainRequest['links'];
  readonly contain: ContainCommand | undefined;
  readonly memoryMebibytes: number;
  /** Answers the calls of the plugins in it. */
  handle(channel: number, method: string, input: Json, signal: AbortSignal): Promise<Json>;
  /** It said by itself that something of a plugin went wrong; 0 when it does not know of which. */
  fault(channel: number, message: string): void;
}

/** Why a process ended, and what the last of its output was. */
export interface ProcessEnd {
  readonly code: 'FW_PLUGIN_CRASHED' | 'FW_PLUGIN_MEMORY' | 'FW_PLUGIN_PROTOCOL' | 'FW_PLUGIN_OUTPUT';
  readonly message: string;
  /** Channels with calls in flight, or that it named itself. */
  readonly suspects: ReadonlySet<number>;
}

/** A Node process that holds plugins, and nothing else of ours. */
export interface PluginProcess {
  readonly link: Link;
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  /** Kills it when its event loop does not turn within `withinMs`. */
  check(withinMs: number): Promise<void>;
  /** Resolves when nothing of it runs any more. */
  kill(): Promise<void>;
}

const maximumOutputBytes = 16 * 1_048_576;
const keptOutput = 2_000;
const mostFaults = 100;
const startTimeoutMs = 30_000;

const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './process-main.ts' : './process-main.js', import.meta.url));
const ownFolder = dirname(main);

/** Starts one and waits until it can be talked to. @throws LinkError when it does not come up. */
export async function startPluginProcess(options: PluginProcessOptions): Promise<PluginProcess> {
  const { contain, memoryMebibytes } = options;
  const readable = [ownFolder, join(ownFolder, '../package.json'), ...options.readable];
  const command = limited([
    process.execPath, ...conditions(), '--permission', ...[...readable, ...options.links.map(({ path }) => path)].flatMap((path) => [`--allow-fs-read=${path}`, `--allow-fs-read=${join(path, '*')}`]),
    `--max-old-space-size=${memoryMebibytes}`, main,
  ], memoryMebibytes);
  const [file = '', ...args] = contain === undefined ? dyingWithUs(command) : await contain({ command, readable: [process.execPath, ...readable], links: options.links });
  // What a plugin may know of our environment it is told.
  const env = contain === undefined ? {} : { PATH: systemPath };
  const child = spawn(file, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: process.platform !== 'win32', windowsHide: true });
  let isGone = false;
  const gone = new Promise<ExitOf>((resolve) => {
    child.on('exit', (exitCode, signal) => {
      isGone = true;
      resolve({ exitCode, signal });
    });
    child.on('error', (error) => { if (child.pid === undefined) resolve({ exitCode: null, signal: null, failure: error.message }); });
  });
  const closed = new Promise<void>((resolve) => { child.on('close', () => resolve()); });
  const stream = child.stdio[3] as Duplex | null;
  if (child.pid === undefined || stream === null) throw new LinkError('FW_PLUGIN_CRASHED', `its process could not be started: ${(await gone).failure ?? 'the system gave no reason'}`);
  const { pid } = child;

  const named = new Set<number>();
  let faults = 0;
  let ready: (up: true) => void = () => {};
  const isReady = new Promise<true>((resolve) => { ready = resolve; });
  const link = createLink({
    stream,
    async handle(channel, method, input, signal) {
      if (method === 'ready') ready(true);
      else if (method === 'fault') {
        named.add(channel);
        faults += 1;
        if (faults > mostFaults) link.close(new LinkError('FW_LINK_PROTOCOL', `it reported more than ${mostFaults} faults`));
        options.fault(channel, typeof input === 'string' ? input.slice(0, 2_000) : 'it did not say what');
      } else return options.handle(channel, method, input, signal);
      return null;
    },
  });
  const output = keepOutput([child.stdout, child.stderr], () => link.close(new LinkError('FW_PLUGIN_OUTPUT', `it wrote more than ${maximumOutputBytes} bytes of output`)));
  const killGroup = (): void => {
    // Its number may be somebody else's by now.
    if (isGone) return;
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };

  const watch = async (): Promise<ProcessEnd> => {
    const cause = await Promise.race([link.closed, gone.then(() => undefined)]);
    const suspects = named.size > 0 ? new Set(named) : link.busy();
    // Where the connection broke because the process went, how it went says more.
    if (cause?.code === 'FW_LINK_CLOSED') await Promise.race([gone, delay(lastWordsMs)]);
    killGroup();
    const exit = await gone;
    // In a sandbox the first to go is what started it; the pipes close when the last is gone.
    await Promise.race([closed, delay(lastWordsMs)]);
    link.close(new LinkError('FW_LINK_CLOSED', 'its process has ended'));
    return { ...describeEnd(cause, exit, output()), suspects };
  };
  const ended = watch();

  const started: PluginProcess = {
    link, pid, ended,
    async check(withinMs) {
      const turns = link.call(0, 'ping', null).then(() => true, () => true);
      if (await Promise.race([turns, delay(withinMs)])) return;
      link.close(new LinkError('FW_PLUGIN_CRASHED', 'it does not come back to its event loop'));
      await ended;
    },
    async kill() {
      killGroup();
      await ended;
    },
  };
  const up = await Promise.race([isReady, ended, delay(startTimeoutMs)]);
  if (up === true) return started;
  await started.kill();
  throw new LinkError('FW_PLUGIN_CRASHED', up === undefined ? `its process was not up within ${startTimeoutMs} ms` : up.message);
}

interface ExitOf {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly failure?: string;
}

function describeEnd(cause: LinkError | undefined, { exitCode, signal }: ExitOf, output: string): Pick<ProcessEnd, 'code' | 'message'> {
  if (cause?.code === 'FW_PLUGIN_OUTPUT' || cause?.code === 'FW_PLUGIN_CRASHED') return { code: cause.code, message: cause.message };
  if (cause?.code === 'FW_LINK_PROTOCOL') return { code: 'FW_PLUGIN_PROTOCOL', message: cause.message };
  const how = signal === null ? `exit code ${exitCode ?? 'unknown'}` : signal;
  const said = output.trim() === '' ? '' : ` It last wrote: ${output.trim().slice(-500)}`;
  if (/heap out of memory|Array buffer allocation failed|Zone Allocation failed/.test(output)) return { code: 'FW_PLUGIN_MEMORY', message: `its process ran out of memory (${how}).` };
  return { code: 'FW_PLUGIN_CRASHED', message: `its process ended with ${how}.${said}` };
}

/** The last of what it writes; `tooMuch` is told once. */
function keepOutput(streams: readonly (Readable | null)[], tooMuch: () => void): () => string {
  let kept = '';
  let bytes = 0;
  for (const stream of streams) {
    stream?.on('error', () => {});
    stream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      kept = (kept + chunk.toString('utf8', Math.max(0, chunk.length - keptOutput))).slice(-keptOutput);
      if (bytes > maximumOutputBytes) tooMuch();
    });
  }
  return () => kept;
}

/** The same kind of sources as we run from. */
function conditions(): readonly string[] {
  return process.execArgv.filter((argument) => /^(--conditions=|-C=)/.test(argument));
}

/** Limits of the whole process, below which Node's own for its heap lies. Node alone has 0.6 GB of data that it never touches. */
function limited(command: readonly string[], memoryMebibytes: number): readonly string[] {
  if (process.platform === 'win32') return command;
  const settings = ['ulimit -c 0', 'ulimit -n 256', `ulimit -d ${(memoryMebibytes * 2 + 1_024) * 1_024}`, 'ulimit -f 0', 'ulimit -t 3600'];
  return ['/bin/sh', '-c', `{ ${settings.join('; ')}; } 2>/dev/null; exec "$@"`, 'sh', ...command];
}

/** What the sandbox sees to elsewhere: a process that is busy for ever does not notice that its host was killed. */
function dyingWithUs(command: readonly string[]): readonly string[] {
  return process.platform === 'linux' && existsSync(deathSignal) ? [deathSignal, '--pdeathsig', 'KILL', '--', ...command] : command;
}

const deathSignal = '/usr/bin/setpriv';
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const lastWordsMs = 1_000;

function delay(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => { setTimeout(() => resolve(undefined), milliseconds).unref(); });
}
