/** An AbortController that a parent aborts as well. Unlink it when its work is over: a parent that lives long would keep it. */
export interface AbortLink {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  unlink(): void;
}

export function linkAbort(parent: AbortSignal): AbortLink {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => parent.removeEventListener('abort', follow),
  };
}
