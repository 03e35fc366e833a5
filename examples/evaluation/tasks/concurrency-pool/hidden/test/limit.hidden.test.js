import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { mapLimited } from '../src/map-limited.js';

/** Calls that end when they are told to. */
function control() {
  const calls = [];
  return { calls, map: (item) => new Promise((resolve, reject) => { calls.push({ item, resolve, reject }); }) };
}

test('runs as many as the limit at a time, and no more', async () => {
  const { calls, map } = control();
  const mapped = mapLimited(['a', 'b', 'c', 'd'], 2, map);
  await setImmediate();
  assert.deepEqual(calls.map(({ item }) => item), ['a', 'b']);
  calls[1].resolve('B');
  await setImmediate();
  assert.deepEqual(calls.map(({ item }) => item), ['a', 'b', 'c']);
  calls[2].resolve('C');
  await setImmediate();
  assert.equal(calls.length, 4);
  calls[3].resolve('D');
  calls[0].resolve('A');
  assert.deepEqual(await mapped, ['A', 'B', 'C', 'D']);
});

test('begins nothing after a failure and waits for what is under way', async () => {
  const { calls, map } = control();
  let settled = false;
  const mapped = mapLimited(['a', 'b', 'c'], 2, map).finally(() => { settled = true; });
  mapped.catch(() => undefined);
  await setImmediate();
  calls[0].reject(new Error('first'));
  await setImmediate();
  assert.equal(settled, false);
  assert.equal(calls.length, 2);
  calls[1].reject(new Error('second'));
  await assert.rejects(mapped, /first/);
  assert.equal(calls.length, 2);
});

test('takes undefined for an error', async () => {
  await assert.rejects(mapLimited([1, 2], 1, () => Promise.reject(undefined)), (error) => error === undefined);
});
