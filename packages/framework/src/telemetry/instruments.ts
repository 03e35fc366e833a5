import type { Attributes, Meter } from '@opentelemetry/api';
import type { ProcessMonitor } from '../monitoring.ts';
import { attributes, buckets, metricNames } from './conventions.ts';

/** What is counted and measured. */
export interface Instruments {
  tokens(count: number, type: 'input' | 'output', of: Attributes): void;
  /** Of a call of a model. */
  duration(seconds: number, of: Attributes): void;
  workflow(seconds: number, of: Attributes): void;
  agent(seconds: number, of: Attributes): void;
  tool(seconds: number, of: Attributes): void;
  rework(of: Attributes): void;
  command(cpuSeconds: number, peakMemoryBytes: number, of: Attributes): void;
  close(): void;
}

/** Nothing is measured by itself but the process, and that when metrics are collected. */
export function createInstruments(meter: Meter, monitor: ProcessMonitor): Instruments {
  const seconds = (name: string, description: string): ReturnType<Meter['createHistogram']> => meter.createHistogram(name, { description, unit: 's', advice: { explicitBucketBoundaries: [...buckets.seconds] } });
  const tokens = meter.createHistogram(metricNames.tokens, { description: 'Number of input and output tokens used.', unit: '{token}', advice: { explicitBucketBoundaries: [...buckets.tokens] } });
  const duration = seconds(metricNames.duration, 'GenAI operation duration.');
  const workflow = seconds(metricNames.workflowDuration, 'How long a process worked on a run.');
  const agent = seconds(metricNames.agentDuration, 'How long an agent worked in a state.');
  const tool = seconds(metricNames.toolDuration, 'How long a tool ran.');
  const rework = meter.createCounter(metricNames.rework, { description: 'States that were entered again.', unit: '{visit}' });
  const cpu = seconds(metricNames.commandCpu, 'Processor time of a command and its children.');
  const memory = meter.createHistogram(metricNames.commandMemory, { description: 'Peak memory of a command and its children.', unit: 'By' });

  const processCpu = meter.createObservableCounter(metricNames.processCpu, { description: 'Processor time of this process.', unit: 's' });
  const processMemory = meter.createObservableUpDownCounter(metricNames.processMemory, { description: 'Memory of this process.', unit: 'By' });
  const handles = meter.createObservableGauge(metricNames.processHandles, { description: 'Open files, sockets, timers and children.', unit: '{handle}' });
  const delay = meter.createObservableGauge(metricNames.loopDelay, { description: 'How late timers were at most, lately.', unit: 's' });
  const observed = [processCpu, processMemory, handles, delay];
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    const now = monitor.sample();
    result.observe(processCpu, now.cpuMs / 1_000);
    result.observe(processMemory, now.memoryBytes);
    result.observe(handles, now.handles);
    result.observe(delay, now.maxLoopDelayMs / 1_000);
  };
  meter.addBatchObservableCallback(observe, observed);

  return {
    tokens: (count, type, of) => { tokens.record(count, { ...of, [attributes.tokenType]: type }); },
    duration: (taken, of) => { duration.record(taken, of); },
    workflow: (taken, of) => { workflow.record(taken, of); },
    agent: (taken, of) => { agent.record(taken, of); },
    tool: (taken, of) => { tool.record(taken, of); },
    rework: (of) => { rework.add(1, of); },
    command(cpuSeconds, peakMemoryBytes, of) {
      cpu.record(cpuSeconds, of);
      memory.record(peakMemoryBytes, of);
    },
    close: () => { meter.removeBatchObservableCallback(observe, observed); },
  };
}
