import type { CommandResult } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** What the commands of a run took, as the workspace measured it for the whole process tree. */
export interface ResourceUsage {
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  /** Most processes at once. */
  readonly peakProcesses: number;
  /** Most open files, sockets and pipes at once; missing where the system does not say. */
  readonly peakHandles?: number;
  /** To disk; 0 where the system does not count it. */
  readonly writtenBytes: number;
  readonly outputCharacters: number;
}

export const resourceNames = ['cpuMs', 'peakMemoryBytes', 'peakProcesses', 'peakHandles', 'writtenBytes', 'outputCharacters'] as const;

export type ResourceName = (typeof resourceNames)[number];

const amount = withZod((z) => z.number().min(0));

export const resourceUsageSchema: z.ZodType<ResourceUsage> = withZod((z) => z.object({ cpuMs: amount, peakMemoryBytes: amount, peakProcesses: amount, peakHandles: amount.exactOptional(), writtenBytes: amount, outputCharacters: amount }));

export function usageOf({ cpuMs, peakMemoryBytes, peakProcesses, peakHandles, writtenBytes, output, omitted }: CommandResult): ResourceUsage {
  return { cpuMs, peakMemoryBytes, peakProcesses, ...(peakHandles === undefined ? {} : { peakHandles }), writtenBytes, outputCharacters: output.length + omitted };
}

/** Commands one after the other: sums, and the most at once. */
export function joinUsage(left: ResourceUsage | undefined, right: ResourceUsage | undefined): ResourceUsage | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return {
    cpuMs: left.cpuMs + right.cpuMs,
    peakMemoryBytes: Math.max(left.peakMemoryBytes, right.peakMemoryBytes),
    peakProcesses: Math.max(left.peakProcesses, right.peakProcesses),
    ...(left.peakHandles === undefined && right.peakHandles === undefined ? {} : { peakHandles: Math.max(left.peakHandles ?? 0, right.peakHandles ?? 0) }),
    writtenBytes: left.writtenBytes + right.writtenBytes,
    outputCharacters: left.outputCharacters + right.outputCharacters,
  };
}
