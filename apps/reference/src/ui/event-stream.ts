import type { Context } from 'hono';
import { refusal } from './entrance.ts';
import type { RunFeeds } from './run-feeds.ts';
import type { RunList } from './run-list.ts';

const mostStreams = 2_000;
const heartbeatMs = 15_000;
let open = 0;

/** Entries of a run as server-sent events; each event's id is the number of its entry, so whoever comes back gets what was missed and nothing twice. */
export function streamRun(context: Context, run: string, feeds: RunFeeds): Response | Promise<Response> {
  let after = firstNumber(context.req.header('last-event-id')) ?? firstNumber(context.req.query('after')) ?? 0;
  return streamEvents(context, async (signal) => {
    const { lines, isOver } = await feeds.next(run, after, signal);
    after = lines.at(-1)?.seq ?? after;
    return { text: isOver ? 'event: end\ndata: {}\n\n' : lines.map((line) => `id: ${String(line.seq)}\nevent: step\ndata: ${JSON.stringify(line)}\n\n`).join(''), isLast: isOver };
  });
}

/** Says whenever the list of runs is another one. */
export function streamRuns(context: Context, list: RunList): Response | Promise<Response> {
  let seen = context.req.header('last-event-id') ?? '';
  return streamEvents(context, async (signal) => {
    seen = await list.changed(seen, signal);
    return { text: `id: ${seen}\nevent: runs\ndata: {}\n\n`, isLast: false };
  });
}

interface Chunk {
  readonly text: string;
  readonly isLast: boolean;
}

/** Asks for the next chunk only when the one before has left, so a slow reader holds nothing back here. */
function streamEvents(context: Context, next: (signal: AbortSignal) => Promise<Chunk>): Response {
  if (context.req.method === 'HEAD') return refusal(context, 405, 'FW_UI_METHOD', 'Events are only told to those who listen.');
  if (open >= mostStreams) return refusal(context, 503, 'FW_UI_BUSY', 'Too many pages watch runs; close some.');
  open += 1;
  const gone = new AbortController();
  let heartbeat: NodeJS.Timeout | undefined;
  const leave = (): void => {
    if (gone.signal.aborted) return;
    open -= 1;
    clearInterval(heartbeat);
    gone.abort();
  };
  context.req.raw.signal.addEventListener('abort', leave, { once: true });
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('retry: 1000\n\n'));
      // Found out by writing: nothing else says that whoever read this is gone.
      heartbeat = setInterval(() => {
        try {
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': \n\n'));
        } catch {
          leave();
        }
      }, heartbeatMs).unref();
    },
    async pull(controller) {
      try {
        const { text, isLast } = await next(gone.signal);
        if (gone.signal.aborted) return;
        controller.enqueue(encoder.encode(text));
        if (!isLast) return;
      } catch {
        if (gone.signal.aborted) return;
      }
      leave();
      controller.close();
    },
    cancel: leave,
  });
  return context.body(body, 200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
}

function firstNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
