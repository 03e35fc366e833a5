// What one event costs the one who emits it, when one listener is there and nobody waits:
//   node --conditions=@fw/source bench/events.bench.ts
// Each way runs in processes of its own, so that no call site sees two kinds of emitters.
import { execFileSync } from 'node:child_process';
import { EventEmitter as NodeEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import { EventEmitter } from 'eventemitter3';
import { createEvents } from '../src/index.ts';

const count = 2_000_000;
const rounds = 15;
const repetitions = 5;
let sum = 0;
const listener = (payload: { readonly value: number }): void => {
  sum += payload.value;
};
const payload = { value: 1 };

const ways: { readonly [name: string]: () => () => void } = {
  eventemitter3() {
    const emitter = new EventEmitter();
    emitter.on('done', listener);
    return () => void emitter.emit('done', payload);
  },
  node() {
    const emitter = new NodeEmitter();
    emitter.on('done', listener);
    return () => void emitter.emit('done', payload);
  },
  fw() {
    const events = createEvents<{ readonly done: { readonly value: number } }>();
    events.on('done', listener);
    return () => events.emit('done', payload);
  },
};

const [way] = process.argv.slice(2);
if (way === undefined) compare();
else console.log(measure(way));

/** Nanoseconds an event, the median of some rounds. */
function measure(name: string): number {
  const emit = ways[name]!();
  const samples: number[] = [];
  for (let round = -3; round < rounds; round += 1) {
    const before = process.hrtime.bigint();
    for (let index = 0; index < count; index += 1) emit();
    if (round >= 0) samples.push(Number(process.hrtime.bigint() - before) / count);
  }
  if (sum < count * rounds) throw new Error(`${name} lost events.`);
  return median(samples);
}

function compare(): void {
  const names = Object.keys(ways);
  const runs = Array.from({ length: repetitions }, () => names.map((name) => (
    Number(execFileSync(process.execPath, ['--conditions=@fw/source', '--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), name], { encoding: 'utf8' }))
  )));
  for (const [index, who] of names.entries()) {
    const value = median(runs.map((run) => run[index] ?? Number.NaN));
    const ratio = median(runs.map((run) => (run[index] ?? Number.NaN) / (run[0] ?? Number.NaN)));
    console.log(JSON.stringify({ work: 'emit to 1 listener, nobody awaits', who, value: Math.round(value * 10) / 10, unit: 'ns', ratio: Math.round(ratio * 100) / 100, ...(who === 'fw' ? { atMost: 40 } : {}) }));
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}
