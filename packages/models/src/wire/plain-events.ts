import type { Bytes } from './received.ts';

/**
 * Rewrites an event stream to bare `data: …` events with two line feeds behind each: without comments, names, carriage
 * returns and fields that some SDKs stumble over. An event that the stream breaks off is left out, as the format says.
 */
export function plainEvents(chunks: Bytes): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  let data: string[] = [];
  let returned = false;
  const read = (text: string, isEnd: boolean): string => {
    // A long line is put together once, not looked through again with every piece.
    if (!isEnd && !returned && !/[\r\n]/.test(text)) {
      rest += text;
      return '';
    }
    const lines = (rest + text).split(isEnd ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    returned = rest.endsWith('\r');
    let events = '';
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
      if (line !== '' || data.length === 0) continue;
      events += `data: ${data.join(' ')}\n\n`;
      data = [];
    }
    return events;
  };
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const { value, done } = await chunks.next();
        const events = read(decoder.decode(value, { stream: done !== true }), done === true);
        if (events !== '') controller.enqueue(encoder.encode(events));
        if (done === true) controller.close();
        if (events !== '' || done === true) return;
      }
    },
    async cancel() {
      await chunks.return();
    },
  }, { highWaterMark: 0 });
}
