import type { CommandOptions } from '@fw/agents-core';

export type CommandLimits = Required<NonNullable<CommandOptions['limits']>>;

const GiB = 1024 * 1024 * 1024;

export function commandLimits(limits: CommandOptions['limits']): CommandLimits {
  return { memoryBytes: 4 * GiB, processes: 1_024, cpuSeconds: 3_600, fileBytes: 1 * GiB, ...limits };
}

/** First line that the shell around a command writes to descriptor 3; without it the command never began. */
export const startMark = 'started';

/**
 * A command inside a small shell that sets limits, joins output and error in one order, and reports on descriptor 3
 * that it began and, at the end, the processor time of all its children and what the system says they wrote. A limit that the machine sets lower stays.
 */
export function limitedCommand(
  command: readonly string[],
  limits: CommandLimits,
  options: { readonly countProcesses: boolean },
): readonly string[] {
  // The kernel counts data for each process alone, and address space that is never used: the tree's watch comes first.
  const settings = [
    'ulimit -c 0',
    'ulimit -n 4096',
    `ulimit -t ${Math.ceil(limits.cpuSeconds)}`,
    `ulimit -f ${Math.floor(limits.fileBytes / 512)}`,
    // Node alone has 0.6 GB of data that it never touches.
    `ulimit -d ${Math.ceil(Math.max(2 * limits.memoryBytes, limits.memoryBytes + 2 * GiB) / 1024)}`,
    // Without a namespace of its own a user's other processes would count. bash says -u, dash says -p.
    ...(options.countProcesses ? [`ulimit -u ${limits.processes} || ulimit -p ${limits.processes}`] : []),
  ];
  const script = `echo ${startMark} >&3\n{ ${settings.join('; ')}; } 2>/dev/null\n"$@" 2>&1 3>&-\ncode=$?\ntimes >&3\n{ while read -r line; do echo "$line" >&3; done </proc/$$/io; } 2>/dev/null\nexit $code`;
  return ['/bin/sh', '-c', script, 'sh', ...command];
}

/** Processor time of the children in what `times` printed: its second line. */
export function parseTimes(report: string): number {
  const spent = [...report.matchAll(/(\d+)m([\d.]+)s/g)].map((match) => Number(match[1]) * 60_000 + Number(match[2]) * 1_000);
  return (spent[2] ?? 0) + (spent[3] ?? 0);
}

/** Bytes that the shell and its children sent to disk; 0 where the system does not say. */
export function parseWritten(report: string): number {
  const count = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(report)?.[1] ?? 0);
  return Math.max(0, count('write_bytes') - count('cancelled_write_bytes'));
}
