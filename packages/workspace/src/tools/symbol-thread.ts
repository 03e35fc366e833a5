import { Worker } from 'node:worker_threads';

export interface SymbolRequest {
  readonly action: 'find' | 'definition' | 'references' | 'outline' | 'diagnostics';
  /** Source files to look at, relative to the workspace; what they import is found from them. */
  readonly files: readonly string[];
  readonly name?: string;
  readonly path?: string;
  readonly line?: number;
  /** For diagnostics: what became of which file. */
  readonly edits?: readonly { readonly path: string; readonly before?: string; readonly after: string }[];
}

export interface FoundSymbol {
  /** Its kind and name, or what a reference does. */
  readonly what: string;
  readonly file: string;
  /** Offset in the file, in characters. */
  readonly at: number;
  readonly line: number;
  /** The line's text. */
  readonly text: string;
}

export type SymbolAnswer =
  | { readonly status: 'found' | 'ambiguous'; readonly symbols: readonly FoundSymbol[] }
  | { readonly status: 'not_found' }
  /** No TypeScript that has a language service; `found` says what there is. */
  | { readonly status: 'missing'; readonly found: string }
  | { readonly status: 'timeout' }
  /** Not there within the patience of the one who asked; the thread goes on. */
  | { readonly status: 'pending' }
  | { readonly status: 'too_large' }
  | { readonly status: 'failed'; readonly message: string };

export interface SymbolThread {
  /** Throws the signal's reason when it is aborted. With `patienceMs` it answers `pending` by then, and the thread is kept for who asks next. */
  ask(request: SymbolRequest, signal: AbortSignal, patienceMs?: number): Promise<SymbolAnswer>;
}

export interface SymbolThreadOptions {
  readonly root: string;
  /** What the thread runs; for tests. */
  readonly script?: URL;
  readonly memoryMegabytes?: number;
  readonly deadlineMs?: number;
}

/** How long a thread that nobody asks is kept. It never keeps the process alive. */
const idleMs = 30_000;

/**
 * TypeScript's language service in a thread with bounds of its own for memory (default 1,024 MB) and time (60 s a
 * question): whatever a source file does to it, the process goes on, and the next question gets a new thread.
 */
export function createSymbolThread({ root, script = workerScript(), memoryMegabytes = 1_024, deadlineMs = 60_000 }: SymbolThreadOptions): SymbolThread {
  let worker: Worker | undefined;
  let lastId = 0;
  let idle: NodeJS.Timeout | undefined;
  const waiting = new Map<number, (answer: SymbolAnswer) => void>();

  const end = (answer: SymbolAnswer): void => {
    const old = worker;
    worker = undefined;
    for (const settle of [...waiting.values()]) settle(answer);
    void old?.terminate();
  };

  const start = (): Worker => {
    const made = new Worker(script, { workerData: { root }, env: {}, execArgv: ['--disable-warning=ExperimentalWarning'], resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes }, stdout: true, stderr: true });
    made.unref();
    made.on('message', ({ id, answer }: { readonly id: number; readonly answer: SymbolAnswer }) => waiting.get(id)?.(answer));
    made.on('error', (error: Error & { readonly code?: string }) => {
      if (worker === made) end(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? { status: 'too_large' } : { status: 'failed', message: error.message });
    });
    made.on('exit', () => {
      if (worker === made) end({ status: 'failed', message: 'the thread ended' });
    });
    return made;
  };

  return {
    ask(request, signal, patienceMs) {
      signal.throwIfAborted();
      clearTimeout(idle);
      worker ??= start();
      const asked = worker;
      asked.ref();
      const id = (lastId += 1);
      return new Promise((resolve, reject) => {
        const settle = (finish: () => void): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          waiting.delete(id);
          if (waiting.size === 0) {
            asked.unref();
            idle = setTimeout(() => end({ status: 'failed', message: 'the thread ended' }), idleMs).unref();
          }
          finish();
        };
        const abort = (): void => {
          settle(() => reject(signal.reason as Error));
          // It would go on with what nobody wants.
          if (waiting.size === 0) end({ status: 'failed', message: 'the thread ended' });
        };
        const expire = (): void => (patienceMs === undefined ? end({ status: 'timeout' }) : waiting.get(id)?.({ status: 'pending' }));
        const timer = setTimeout(expire, patienceMs ?? deadlineMs);
        signal.addEventListener('abort', abort, { once: true });
        waiting.set(id, (answer) => settle(() => resolve(answer)));
        asked.postMessage({ id, request });
      });
    },
  };
}

function workerScript(): URL {
  return import.meta.url.endsWith('.ts') ? new URL('./symbols-worker.ts', import.meta.url) : new URL('./tools/symbols-worker.js', import.meta.url);
}
