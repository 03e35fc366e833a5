/** The head of an answer, and its body to be read. */
export interface Received {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  readonly body: Bytes;
}

/** A body piece by piece. Leaving it early with `return` closes its connection. */
export interface Bytes {
  next(): Promise<IteratorResult<Uint8Array, undefined>>;
  return(): Promise<unknown>;
}

/** What a call's fetch answers when the body is read by us. */
export const answerOf = (body: Bytes): { readonly body: Bytes } => ({ body });

export function bytesOf(answer: object): Bytes {
  return (answer as { readonly body: Bytes }).body;
}

/** What a fetch answered. */
export function receivedFrom(response: Response): Received {
  const reader = response.body?.getReader();
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: reader === undefined ? noBytes : { next: () => reader.read() as Promise<IteratorResult<Uint8Array, undefined>>, return: () => reader.cancel() },
  };
}

const over: Promise<IteratorResult<Uint8Array, undefined>> = Promise.resolve({ value: undefined, done: true });
const noBytes: Bytes = { next: () => over, return: () => over };
