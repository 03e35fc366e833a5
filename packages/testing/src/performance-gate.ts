import type { Evidence } from '@fw/agents-core';
import type { GateInput, GateOutcome } from './gate-input.ts';
import { isSlower, pairedRatio } from './paired-ratio.ts';
import { performanceResultsSchema } from './performance-results.ts';
import type { BenchmarkResult } from './performance-results.ts';
import { worstOutcome } from './worst-outcome.ts';

/** No benchmark got slower, as far as that can be told apart from noise. */
export function judgePerformance({ evidence }: GateInput): GateOutcome {
  const outcomes = evidence.filter((one) => one.kind === 'performance').map(judgeRun);
  return worstOutcome(outcomes, { status: 'unavailable', message: 'no benchmark was run', evidence: [] });
}

function judgeRun(evidence: Evidence): GateOutcome {
  const say = (status: GateOutcome['status'], message: string): GateOutcome => ({ status, message, evidence: [evidence.id] });
  const results = performanceResultsSchema.safeParse(evidence.results).data;
  if (results === undefined) return say('inconclusive', 'the recorded benchmarks cannot be read');
  if (results.status === 'unavailable') return say('unavailable', results.reason);
  const said = results.benchmarks.map(describe).join('; ');
  const measured = results.benchmarks.filter(({ status }) => status === 'measured');
  if (results.benchmarks.some((one) => one.status === 'failed' || (one.status === 'measured' && isSlower(pairedRatio(one.cpuMs))))) return say('failed', said);
  return measured.length === 0 ? say('unavailable', said) : say('passed', said);
}

function describe({ file, status, reason, cpuMs }: BenchmarkResult): string {
  if (status !== 'measured') return `${file} ${status === 'failed' ? 'fails after the change' : 'was not measured'}: ${reason ?? ''}`;
  const { median, low, high } = pairedRatio(cpuMs);
  return `${file} takes ${median.toFixed(2)} times the processor time of the base (${low.toFixed(2)} to ${high.toFixed(2)}, ${cpuMs.length} pairs)`;
}
