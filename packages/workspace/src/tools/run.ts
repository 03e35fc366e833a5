import { existsSync } from 'node:fs';
import type { CommandResult, FileChange, StepContext, TaskWorkspace, Tool, ToolOutput } from '@fw/agents-core';
import { defineTool } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { omissionMark } from '../output-window.ts';
import { answer, caps } from './answer.ts';
import { keep } from './answer-lines.ts';
import { firstCharacters, fitLines, headAndTail } from './cut-text.ts';
import { pathText, plainText } from './input-text.ts';
import type { OutputStore } from './output-store.ts';
import { shownName } from './shown-name.ts';

/** Characters of a command's output that are kept for later; more than that is counted only. */
const maxKept = 4_000_000;

/** What a tool that runs a command takes. */
export const commandInput: z.ZodType<CommandInput> = withZod((z) => z.strictObject({
  command: plainText(20_000),
  cwd: pathText().default('.').describe('Folder, relative to the workspace'),
  timeout_s: z.int().min(1).max(600).default(120),
}));

interface CommandInput {
  readonly command: string;
  readonly cwd: string;
  readonly timeout_s: number;
}

export function runTool(workspace: TaskWorkspace, outputs: OutputStore): Tool {
  return defineTool({
    name: 'run',
    description:
      'Runs a shell command in the workspace: no network, no terminal, CI=1. Answers the exit code, the output (its beginning and end when long) and the files it changed.',
    effect: 'idempotent',
    input: commandInput,
    run: (input, step) => answer(step, () => runShown(workspace, outputs, input, step)),
  });
}

/** Runs the command and says what came of it. */
export async function runShown(workspace: TaskWorkspace, outputs: OutputStore, input: CommandInput, step: StepContext): Promise<ToolOutput> {
  const before = await workspace.snapshot();
  const result = await workspace.run([...shell(), input.command], {
    cwd: input.cwd,
    timeoutMs: input.timeout_s * 1_000,
    maxOutput: maxKept,
    signal: step.signal,
    onOutput: (chunk) => step.progress(chunk),
  });
  step.signal.throwIfAborted();
  const after = await workspace.snapshot();
  return describe(result, before === after ? [] : await workspace.changes(before, after), input.timeout_s, outputs);
}

function shell(): readonly string[] {
  if (process.platform === 'win32') return ['cmd', '/d', '/s', '/c'];
  return [existsSync('/bin/bash') ? 'bash' : 'sh', '-c'];
}

async function describe(result: CommandResult, changes: readonly FileChange[], timeoutSeconds: number, outputs: OutputStore): Promise<ToolOutput> {
  const seconds = (result.durationMs / 1_000).toFixed(1);
  const end = result.timedOut
    ? `Killed after ${timeoutSeconds} s (time limit)`
    : result.outOfMemory
      ? 'Killed: the memory limit was exceeded'
      : result.exitCode === -1
        ? 'The command could not be started'
        : `Exit code ${result.exitCode} after ${seconds} s`;
  const named = changes.slice(0, 40).map(({ status, file }) => `${status} ${shortName(shownName(file))}`);
  const listed = fitLines(named, 2_200).shown;
  const more = changes.length > listed.length ? [`and ${changes.length - listed.length} more; call diff with stat for all`] : [];
  const { head, tail, omitted } = headAndTail(result.output, caps.result - 3_000);
  const total = result.output.length + (result.omitted > 0 ? result.omitted - omissionMark(result.omitted).length : 0);
  const shown = head.length + tail.length;
  const ref = omitted > 0 ? await keep(outputs, result.output) : undefined;
  const advice = ref === undefined ? 'Run it again into a file, and read that by range, for all.' : `Call read_file or search with path ${ref} for ${result.omitted > 0 ? 'its beginning and end' : 'all'}.`;
  return {
    ok: result.exitCode === 0 && !result.timedOut && !result.outOfMemory,
    ...(result.timedOut ? { code: 'timeout' as const } : result.exitCode === 0 ? {} : { code: 'failed' as const }),
    text: [
      `${end}.`,
      result.output === '' ? 'No output.' : `${head}${omitted > 0 ? omissionMark(total - shown) : ''}${tail}`.trimEnd(),
      changes.length === 0 ? 'No files changed.' : `Files changed:\n${[...listed, ...more].join('\n')}`,
      ...(omitted > 0 ? [`[${total - shown} characters of output are left out. ${advice}]`] : []),
    ].join('\n'),
    ...(omitted > 0 ? { truncated: { shown, total, unit: 'characters' as const, ...(ref === undefined ? {} : { ref }) } } : {}),
    meta: { exitCode: result.exitCode, durationMs: result.durationMs, cpuMs: Math.round(result.cpuMs), peakMemoryBytes: result.peakMemoryBytes, changed: changes.length, sandbox: result.sandbox },
  };
}

function shortName(name: string): string {
  return name.length > 200 ? `${firstCharacters(name, 200)}…` : name;
}
