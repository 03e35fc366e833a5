import { StringDecoder } from 'node:string_decoder';

/** Collects output of any length in bounded memory: its beginning, its end, and how much lay between. */
export interface OutputWindow {
  push(bytes: Buffer): void;
  end(): { readonly output: string; readonly omitted: number };
}

/** What stands in output for characters that were left out. */
export function omissionMark(omitted: number): string {
  return `\n[… ${omitted} characters omitted …]\n`;
}

export function createOutputWindow(maxOutput: number, onOutput: ((chunk: string) => void) | undefined): OutputWindow {
  const decoder = new StringDecoder('utf8');
  const headSize = Math.ceil(maxOutput / 2);
  const tailSize = maxOutput - headSize;
  let head = '';
  let tail = '';
  let total = 0;
  const add = (text: string): void => {
    if (text === '') return;
    total += text.length;
    const room = headSize - head.length;
    if (room > 0) head += text.slice(0, room);
    if (text.length > room) tail += text.slice(room);
    // Cut seldom: every cut copies.
    if (tail.length > 2 * tailSize + 100_000) tail = tail.slice(tail.length - tailSize);
    onOutput?.(text);
  };
  return {
    push: (bytes) => add(decoder.write(bytes)),
    end() {
      add(decoder.end());
      if (total <= maxOutput) return { output: head + tail, omitted: 0 };
      // Half of a surrogate pair is not text.
      const start = /[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head;
      const last = tail.slice(tail.length - tailSize);
      const finish = /^[\uDC00-\uDFFF]/.test(last) ? last.slice(1) : last;
      const omitted = total - start.length - finish.length;
      return { output: start + omissionMark(omitted) + finish, omitted };
    },
  };
}
