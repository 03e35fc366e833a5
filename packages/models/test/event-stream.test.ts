import { describe, expect, test } from 'vitest';
import { eventsIn } from '../src/wire/event-stream.ts';

/** All events of a body that arrives in pieces of that size. */
async function read(text: string, size = Infinity): Promise<unknown[]> {
  const bytes = Buffer.from(text);
  let at = 0;
  const body = {
    next: () => Promise.resolve(at >= bytes.byteLength ? { value: undefined, done: true as const } : { value: new Uint8Array(bytes.subarray(at, (at = Math.min(bytes.byteLength, at + size)))), done: false as const }),
    return: () => Promise.resolve(),
  };
  const stream = eventsIn({ body });
  const events: unknown[] = [];
  for (let piece = await stream.next(); piece.done !== true; piece = await stream.next()) events.push(...piece.value);
  return events;
}

describe('a stream of events', () => {
  test.each(['\n', '\r\n', '\r'])('is read whatever ends its lines (%j) and wherever it is cut', async (end) => {
    const text = `\uFEFF: hello\ndata: {"text":"Grüße aus 東京 🚀"}\n\nevent: ping\ndata\nretry: 3\n\nevent: named\ndata:{"lines":\ndata: [1,2]}\nid: 7\n\ndata: [DONE]\n\ndata: {"late":1}\n\n`.replaceAll('\n', end);
    for (const size of [1, 2, 3, 5, 7, 50, Infinity]) {
      expect(await read(text, size), String(size)).toEqual([{ text: 'Grüße aus 東京 🚀' }, { lines: [1, 2] }]);
    }
  });

  test('tells what an error says as one, JSON or not', async () => {
    expect(await read('event: error\ndata: {"error":{"message":"a"}}\n\nevent: error\ndata: {"message":"b"}\n\nevent: error\ndata: c\n\n')).toEqual([
      { type: 'error', error: { message: 'a' } }, { type: 'error', error: { message: 'b' } }, { type: 'error', error: 'c' },
    ]);
  });

  test('leaves out an event that it breaks off', async () => {
    expect(await read('data: {"a":1}\n\ndata: {"b":2}\n')).toEqual([{ a: 1 }]);
    expect(await read('')).toEqual([]);
  });

  test('gives what came before data that is no JSON, and then rejects', async () => {
    const bytes = Buffer.from('data: {"a":1}\n\ndata: {"b\n\ndata: {"c":3}\n\n');
    let isRead = false;
    const stream = eventsIn({ body: { next: async () => (isRead ? { value: undefined, done: true } : ((isRead = true), { value: bytes, done: false })), return: async () => undefined } });
    expect((await stream.next()).value).toEqual([{ a: 1 }]);
    await expect(stream.next()).rejects.toBeInstanceOf(SyntaxError);
  });
});
