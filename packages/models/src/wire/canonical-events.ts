/**
 * Rewrites an event stream to bare `data: …` events with two line feeds behind each: without comments, names, carriage
 * returns and fields that some SDKs stumble over. An event that the stream breaks off is left out, as the format says.
 */
export function canonicalEvents(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  let data: string[] = [];
  const read = (line: string, controller: TransformStreamDefaultController<Uint8Array<ArrayBuffer>>): void => {
    if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
    if (line !== '' || data.length === 0) return;
    controller.enqueue(encoder.encode(`data: ${data.join(' ')}\n\n`));
    data = [];
  };
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) read(line, controller);
    },
    flush(controller) {
      if (rest === '\r') read('', controller);
    },
  });
}
