/** Calls a listener of somebody else: what it throws or rejects becomes a process warning and never reaches the call. */
export function notify<Event>(listener: ((event: Event) => unknown) | undefined, event: Event): void {
  if (listener === undefined) return;
  try {
    const answer = listener(event);
    if (answer instanceof Promise) answer.catch(warn);
  } catch (error) {
    warn(error);
  }
}

function warn(error: unknown): void {
  process.emitWarning(`A listener failed: ${error instanceof Error ? error.message : String(error)}`, 'ModelListenerWarning');
}
