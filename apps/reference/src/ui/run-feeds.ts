import { setTimeout as wait } from 'node:timers/promises';
import type { Framework, RunLogLine } from '@fw/framework';

/** New entries of runs of whichever process, read once for all who watch a run. */
export interface RunFeeds {
  /** Entries behind `after`, at most 500, as soon as there is one; nothing more when the run has ended, or the dashboard does. */
  next(run: string, after: number, signal: AbortSignal): Promise<FeedPage>;
}

interface FeedPage {
  readonly lines: readonly RunLogLine[];
  readonly isOver: boolean;
}

const lookMs = 300;
const mostLines = 500;
const mostKept = 2_000;
/** How often a run that is quiet is asked whether it has ended. */
const statusMs = 2_000;

interface Feed {
  /** The newest entries, without gaps. */
  kept: RunLogLine[];
  last: number;
  isOver: boolean;
  failure: unknown;
  watchers: number;
  readonly wakers: Set<() => void>;
}

export function createRunFeeds(framework: Framework, signal: AbortSignal): RunFeeds {
  const feeds = new Map<string, Feed>();

  const follow = async (run: string, feed: Feed): Promise<void> => {
    let askedAt = 0;
    try {
      while (feed.watchers > 0 && !signal.aborted) {
        const lines = await framework.log(run, { after: feed.last });
        feed.kept = [...feed.kept, ...lines].slice(-mostKept);
        feed.last = lines.at(-1)?.seq ?? feed.last;
        const isEnding = lines.some(({ step, state }) => state === '' && step === '!end');
        if (lines.length === 0 && (isEnding || performance.now() - askedAt > statusMs)) {
          askedAt = performance.now();
          const { status } = await framework.show(run);
          feed.isOver = status === 'success' || status === 'failed' || status === 'cancelled';
        }
        if (lines.length > 0 || feed.isOver) for (const wake of [...feed.wakers]) wake();
        if (feed.isOver) return;
        await wait(lookMs, undefined, { ref: false });
      }
    } catch (error) {
      feed.failure = error;
    } finally {
      feeds.delete(run);
      for (const wake of [...feed.wakers]) wake();
    }
  };

  const open = (run: string, after: number): Feed => {
    const known = feeds.get(run);
    if (known) return known;
    const feed: Feed = { kept: [], last: after, isOver: false, failure: undefined, watchers: 0, wakers: new Set() };
    feeds.set(run, feed);
    // Whoever opened it stands as a watcher before it looks whether there is any.
    queueMicrotask(() => void follow(run, feed));
    return feed;
  };

  /** Undefined when it was closed while this one waited, for nobody else did. */
  const nextOf = async (feed: Feed, run: string, after: number, watching: AbortSignal): Promise<FeedPage | undefined> => {
    feed.watchers += 1;
    try {
      for (;;) {
        if (feed.failure !== undefined) throw feed.failure;
        if (feed.last > after) {
          const first = feed.kept[0]?.seq ?? feed.last + 1;
          const lines = first <= after + 1 ? feed.kept.filter(({ seq }) => seq > after) : await framework.log(run, { after });
          return { lines: lines.slice(0, mostLines), isOver: false };
        }
        if (feed.isOver || watching.aborted || signal.aborted) return { lines: [], isOver: true };
        if (feeds.get(run) !== feed) return undefined;
        await changed(feed, watching);
      }
    } finally {
      feed.watchers -= 1;
    }
  };

  return {
    async next(run, after, watching) {
      for (;;) {
        const page = await nextOf(open(run, after), run, after, watching);
        if (page !== undefined) return page;
      }
    },
  };
}

function changed({ wakers }: Feed, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      wakers.delete(done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    if (signal.aborted) return done();
    wakers.add(done);
    signal.addEventListener('abort', done, { once: true });
  });
}
