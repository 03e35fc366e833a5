import { describe, expect, it } from 'vitest';
import { createEvents } from '../src/index.ts';
import type { AgentEvents, EventOf } from '../src/index.ts';

interface Numbers {
  readonly one: number;
  readonly two: { readonly value: number };
}

const place = { agent: 'a', state: 's', visit: 1, path: 's#1/a' };

describe('events', () => {
  it('calls listeners at once and in order', () => {
    const events = createEvents<AgentEvents>();
    const log: string[] = [];
    events.on('agent.started', ({ agent }) => void log.push(`first ${agent}`));
    events.on('agent.started', () => void log.push('second'));
    events.emit('agent.started', place);
    expect(log).toEqual(['first a', 'second']);
  });

  it('takes listeners off, also one that was added under two names or twice', () => {
    const events = createEvents<Numbers>();
    const log: unknown[] = [];
    const listener = (payload: unknown): void => void log.push(payload);
    events.on('one', listener);
    const remove = events.on('one', listener);
    events.on('two', listener);
    events.emit('one', 1);
    remove();
    events.emit('one', 2);
    events.emit('two', { value: 3 });
    events.off('two', listener);
    events.emit('two', { value: 4 });
    expect(log).toEqual([1, { value: 3 }]);
  });

  it('calls a listener of once one time, also when it emits itself', async () => {
    const events = createEvents<Numbers>();
    const log: number[] = [];
    events.once('one', (value) => {
      log.push(value);
      events.emit('one', value + 1);
    });
    events.emit('one', 1);
    await events.emitAndWait('one', 5);
    expect(log).toEqual([1]);
  });

  it('is not broken by listeners that throw or reject', async () => {
    const errors: string[] = [];
    const events = createEvents<Numbers>({ onError: (error, name) => void errors.push(`${name} ${(error as Error).message}`) });
    const log: number[] = [];
    events.on('one', () => { throw new Error('thrown'); });
    events.on('one', async () => { throw new Error('rejected'); });
    events.on('one', (value) => void log.push(value));
    events.emit('one', 1);
    await events.emitAndWait('one', 2);
    expect(log).toEqual([1, 2]);
    expect(errors.sort()).toEqual(['one rejected', 'one rejected', 'one thrown', 'one thrown']);
    expect(events.failures).toBe(4);
  });

  it('counts failures without a handler, and of the handler', () => {
    const events = createEvents<Numbers>({ onError: () => { throw new Error('again'); } });
    events.on('one', () => { throw new Error('x'); });
    events.emit('one', 1);
    expect(events.failures).toBe(2);
  });

  it('waits for asynchronous listeners when asked to', async () => {
    const events = createEvents<Numbers>();
    const log: string[] = [];
    events.on('one', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      log.push('listener');
    });
    await events.emitAndWait('one', 1);
    log.push('after');
    expect(log).toEqual(['listener', 'after']);
  });
});

describe('waiting for listeners', () => {
  it('ends when the signal aborts, also when a listener never comes back', async () => {
    const events = createEvents<Numbers>();
    events.on('one', () => new Promise(() => {}));
    const stop = new AbortController();
    const waiting = events.emitAndWait('one', 1, { signal: stop.signal });
    stop.abort();
    await waiting;
    await events.emitAndWait('one', 2, { signal: stop.signal });
  });
});

describe('a stream of events', () => {
  it('gives all events from its opening on, in order', async () => {
    const events = createEvents<Numbers>();
    events.emit('one', 0);
    const stream = events.stream();
    events.emit('one', 1);
    events.emit('two', { value: 2 });
    const seen: EventOf<Numbers>[] = [];
    for await (const event of stream) {
      seen.push(event);
      if (seen.length === 2) setImmediate(() => events.emit('one', 3));
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([{ name: 'one', payload: 1 }, { name: 'two', payload: { value: 2 } }, { name: 'one', payload: 3 }]);
  });

  it('forgets the oldest when its buffer is full, and counts them', async () => {
    const events = createEvents<Numbers>();
    const stream = events.stream({ buffer: 2 });
    for (const value of [1, 2, 3, 4]) events.emit('one', value);
    stream.close();
    const seen: unknown[] = [];
    for await (const event of stream) seen.push(event.payload);
    expect(seen).toEqual([3, 4]);
    expect(stream.dropped).toBe(2);
  });

  it('forgets the newest when it is told to', async () => {
    const events = createEvents<Numbers>();
    const stream = events.stream({ buffer: 2, overflow: 'drop-newest' });
    for (const value of [1, 2, 3, 4]) events.emit('one', value);
    stream.close();
    const seen: unknown[] = [];
    for await (const event of stream) seen.push(event.payload);
    expect(seen).toEqual([1, 2]);
    expect(stream.dropped).toBe(2);
  });

  it('lets the one who waits wait for room, and loses nothing of its events', async () => {
    const events = createEvents<Numbers>();
    const stream = events.stream({ buffer: 2, overflow: 'wait' });
    let sent = 0;
    const sending = (async () => { for (let value = 1; value <= 50; value++) { await events.emitAndWait('one', value); sent = value; } stream.close(); })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBe(2);
    const seen: unknown[] = [];
    for await (const event of stream) seen.push(event.payload);
    await sending;
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(stream.dropped).toBe(0);
  });

  it('lets those who wait go on when it is closed', async () => {
    const events = createEvents<Numbers>();
    const stream = events.stream({ buffer: 1, overflow: 'wait' });
    await events.emitAndWait('one', 1);
    const waiting = events.emitAndWait('one', 2);
    stream.close();
    await waiting;
  });

  it('gives 100,000 events in order through a large buffer', async () => {
    const events = createEvents<Numbers>();
    const stream = events.stream({ buffer: 60_000 });
    for (let value = 0; value < 100_000; value++) events.emit('one', value);
    stream.close();
    const seen: unknown[] = [];
    for await (const event of stream) seen.push(event.payload);
    expect(seen).toHaveLength(60_000);
    expect([seen[0], seen.at(-1), stream.dropped]).toEqual([40_000, 99_999, 40_000]);
  });

  it('ends with an error when its buffer overflows and it may not forget', async () => {
    const events = createEvents<Numbers>();
    const stream = events.stream({ buffer: 1, overflow: 'error' });
    events.emit('one', 1);
    events.emit('one', 2);
    const seen: unknown[] = [];
    const reading = (async () => { for await (const event of stream) seen.push(event.payload); })();
    await expect(reading).rejects.toMatchObject({ code: 'FW_EVENTS_OVERFLOW' });
    expect(seen).toEqual([1]);
  });

  it('ends when its signal aborts, before or while it is read', async () => {
    const events = createEvents<Numbers>();
    const stop = new AbortController();
    const reading = (async () => { for await (const event of events.stream({ signal: stop.signal })) expect(event).toBeUndefined(); return 'ended'; })();
    stop.abort();
    expect(await reading).toBe('ended');
    for await (const event of events.stream({ signal: stop.signal })) expect(event).toBeUndefined();
  });

  it('refuses a buffer that holds nothing, and an overflow that there is not', () => {
    const { stream } = createEvents<Numbers>();
    expect(() => stream({ buffer: 0 })).toThrow(expect.objectContaining({ code: 'FW_EVENTS_OPTIONS', message: expect.stringContaining('at least one') }));
    expect(() => stream({ overflow: 'drop' as 'error' })).toThrow(expect.objectContaining({ code: 'FW_EVENTS_OPTIONS', message: expect.stringContaining('drop-oldest') }));
  });
});
