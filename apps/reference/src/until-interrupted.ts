import { listenForInterruption } from './interruption.ts';
import { within } from './within.ts';

const stopWithinMs = 10_000;

/** Work that can be aborted, or the exit code of the signal that came first; then the work gets a while to end. */
export async function untilInterrupted<T>(start: (signal: AbortSignal) => Promise<T>): Promise<T | number> {
  const interruption = listenForInterruption();
  const cancel = new AbortController();
  try {
    const work = start(cancel.signal);
    const ended = await Promise.race([work.then((value) => ({ value })), interruption.happened]);
    if (typeof ended !== 'number') return ended.value;
    cancel.abort();
    await within(stopWithinMs, work.then(() => undefined, () => undefined));
    return ended;
  } finally {
    interruption.stopListening();
  }
}
