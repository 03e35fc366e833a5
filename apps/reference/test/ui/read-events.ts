export interface ServerEvent {
  readonly id: number;
  readonly type: string;
}

/** Reads a stream of events until that many came, or it ends. */
export async function readEvents(response: Response, most: number = Infinity): Promise<readonly ServerEvent[]> {
  const events: ServerEvent[] = [];
  let text = '';
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value = '' } = await reader.read();
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const type = /^event: (.*)$/m.exec(block)?.[1];
      if (type !== undefined) events.push({ id: Number(/^id: (\d+)$/m.exec(block)?.[1] ?? 0), type });
    }
    if (!done && events.length < most) continue;
    await reader.cancel();
    return events.slice(0, most);
  }
}
