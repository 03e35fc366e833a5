/** What one connection may send, and why it was ended if it sent more. */
export interface Traffic {
  readonly maxMessageBytes: number;
  /** Adds to what came since the last `reset`; throws above the bound. */
  count(bytes: number): void;
  /** A new question may be answered by as much again. */
  reset(): void;
  fail(error: Error): void;
  failure(): string | undefined;
}

const maxMessageBytes = 4 * 1024 * 1024;
const maxBytes = 32 * 1024 * 1024;

export function createTraffic(): Traffic {
  let size = 0;
  let failure: string | undefined;
  return {
    maxMessageBytes,
    count(bytes) {
      size += bytes;
      if (size > maxBytes) throw new Error(`It sent more than ${maxBytes} bytes without being asked for more.`);
    },
    reset() {
      size = 0;
    },
    fail(error) {
      failure ??= error.message;
    },
    failure: () => failure,
  };
}
