import { randomUUID } from 'node:crypto';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CommandOptions, CommandResult } from '@fw/agents-core';
import { bubblewrapCommand, shownPaths } from './bubblewrap-command.ts';
import { commandEnvironment } from './command-environment.ts';
import { executeProcess, optionsDescriptor } from './execute-process.ts';
import { findProgram } from './find-program.ts';
import { cacheFolders, type ModuleLinks } from './linked-modules.ts';
import { commandLimits, limitedCommand } from './limited-command.ts';
import { openToNobody, showToNobody } from './nobody.ts';
import type { Containment } from './sandbox.ts';
import type { Stages } from './stage.ts';
import type { StorageLayout } from './storage-layout.ts';
import type { StorageRecord } from './storage-record.ts';
import { findSecrets } from './surroundings.ts';
import type { Toolchain } from './toolchain.ts';
import { WorkspaceError } from './workspace-error.ts';
import { isInside, resolveInside } from './workspace-path.ts';

export interface CommandPlace {
  readonly root: string;
  /** The copy of the project, in which `root` lies. */
  readonly copy: string;
  readonly layout: StorageLayout;
  readonly record: Pick<StorageRecord, 'modules' | 'packages'>;
  readonly links: ModuleLinks;
  readonly stages: Stages;
  readonly containment: Containment;
  readonly toolchain: Toolchain;
}

/** Runs a command on the copy, contained as well as this machine can. When it returns, nothing of it runs any more. */
export async function runCommand(place: CommandPlace, command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const name = command[0];
  if (name === undefined || name === '' || command.some((part) => part.includes('\0'))) {
    throw new WorkspaceError('FW_WORKSPACE_INVALID', {
      message: `${JSON.stringify(command)} is not a command. Give the program and its arguments, such as ["node", "--test"].`,
    });
  }
  requireOptions(options);
  const cwd = await folderInside(place.root, options.cwd ?? '.');
  const readable = await Promise.all((options.readable ?? []).map((path) => folderOutside(place, path)));
  const writable = await Promise.all((options.writable ?? []).map((path) => folderOutside(place, path)));
  place.links.ensure();
  const sandboxed = place.containment.type === 'bubblewrap';
  const marker = `FW_COMMAND=${randomUUID()}`;
  if (!sandboxed) for (const folder of [place.layout.home, place.layout.temporary]) await mkdir(folder, { recursive: true });
  const env = commandEnvironment({
    toolchain: place.toolchain.bin,
    root: place.root,
    // Those of the folders above come last, as npm has it.
    modules: place.record.modules.filter(({ at }) => isInside(dirname(`${place.copy}/${at}`), place.root)).map(({ at }) => `${place.copy}/${at}`).sort((a, b) => b.length - a.length),
    home: sandboxed ? '/tmp/home' : place.layout.home,
    temporary: sandboxed ? '/tmp' : place.layout.temporary,
    added: { ...options.env, ...(sandboxed ? {} : { FW_COMMAND: marker.slice('FW_COMMAND='.length) }) },
  });
  const program = await findProgram(name, cwd, env.PATH ?? '');
  if (program === undefined)
    return finish(place, notStarted(`"${name}" could not be started: no such program in "${options.cwd ?? '.'}" or on PATH.\n`, options));
  if (options.signal?.aborted === true) return finish(place, notStarted('', options));
  const limits = commandLimits(options.limits);
  const limited =
    process.platform === 'win32'
      ? [program, ...command.slice(1)]
      : limitedCommand([program, ...command.slice(1)], limits, { countProcesses: sandboxed });
  if (place.containment.type === 'none')
    return finish(place, await executeProcess({ file: limited[0] as string, args: limited.slice(1), options: undefined, cwd, env, marker }, limits, options));
  if (place.containment.asNobody) await Promise.all([...readable.map(showToNobody), ...writable.map(openToNobody)]);
  const modules = place.record.modules.map(({ at }) => `${place.copy}/${at}`);
  const packages = await existing(place.record.packages);
  const frozen = (await Promise.all(modules.map((path) => exists(path)))).flatMap((there, index) =>
    there ? [modules[index] as string] : [],
  );
  const shown = {
    root: place.root,
    writable,
    readable: [...readable, place.toolchain.bin, ...place.toolchain.paths, ...packages, ...(await existing(place.record.modules.map(({ source }) => source))), ...(place.copy === place.root ? [] : [place.copy])],
  };
  const paths = shownPaths(shown);
  const stage = place.containment.asNobody ? await place.stages.of([...paths.readable, ...paths.writable, ...paths.root]) : { enter: [], source: (path: string) => path };
  const contained = bubblewrapCommand(
    {
      ...shown,
      enter: stage.enter,
      source: (path) => stage.source(path),
      asNobody: place.containment.asNobody,
      cwd,
      network: options.network ?? false,
      env,
      frozen,
      hidden: (await Promise.all(packages.map((path) => findSecrets(path)))).flat(),
      caches: frozen.flatMap((path) => cacheFolders.map((cache) => `${path}/${cache}`)),
    },
    limited,
  );
  // bubblewrap's own environment can be read inside, so it must be empty as well.
  const outer = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  const [file = '', ...args] = [...contained.start, '--args', String(optionsDescriptor), '--', ...contained.command];
  return finish(place, await executeProcess({ file, args, options: contained.options, cwd: '/', env: outer, marker: undefined }, limits, options));
}

function requireOptions({ env = {}, timeoutMs = 0, maxOutput = 0, limits = {} }: CommandOptions): void {
  const numbers = { timeoutMs, maxOutput, ...Object.fromEntries(Object.entries(limits).map(([name, value]) => [`limits.${name}`, value])) };
  const wrong = [
    ...Object.entries(env).flatMap(([name, value]) => (/^[^=\0]+$/.test(name) && !value.includes('\0') ? [] : [`env ${JSON.stringify(name)}`])),
    ...Object.entries(numbers).flatMap(([name, value]) => (value >= (name.startsWith('limits.') ? 1 : 0) && (name !== 'maxOutput' || Number.isInteger(value)) ? [] : [`${name} ${value}`])),
  ];
  if (wrong.length > 0)
    throw new WorkspaceError('FW_WORKSPACE_INVALID', {
      message: `The command was not run: ${wrong.join(', ')}. Times, sizes and limits are numbers from 0, limits from 1; names in env have no "=".`,
    });
}

/** How a command was held, as it is recorded. */
export function sandboxName(containment: Containment): string {
  return containment.type === 'none' ? `none: ${containment.reason}` : containment.type;
}

function finish(place: CommandPlace, ended: Omit<CommandResult, 'sandbox'>): CommandResult {
  return { ...ended, sandbox: sandboxName(place.containment) };
}

function notStarted(text: string, options: CommandOptions): Omit<CommandResult, 'sandbox'> {
  if (text !== '') options.onOutput?.(text);
  return {
    exitCode: -1,
    output: text,
    omitted: 0,
    timedOut: false,
    aborted: options.signal?.aborted === true,
    outOfMemory: false,
    durationMs: 0,
    cpuMs: 0,
    peakMemoryBytes: 0,
    peakProcesses: 0,
    writtenBytes: 0,
  };
}

async function folderInside(root: string, folder: string): Promise<string> {
  const path = await resolveInside(root, folder);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory() === true) return realpath(path);
  throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', { message: `"${folder}" is not a folder of the workspace.` });
}

async function folderOutside(place: CommandPlace, path: string): Promise<string> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw new WorkspaceError('FW_WORKSPACE_NOT_FOUND', { message: `"${path}", which the command was to be given, does not exist.`, cause });
  });
  if (real === '/' || `${place.layout.storage}/`.startsWith(`${real}/`)) {
    throw new WorkspaceError('FW_WORKSPACE_DENIED', {
      message: `"${path}" cannot be given to a command: the workspace's own storage lies in it.`,
    });
  }
  return real;
}

async function existing(paths: readonly string[]): Promise<readonly string[]> {
  const there = await Promise.all(paths.map(exists));
  return paths.filter((_, index) => there[index]);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
