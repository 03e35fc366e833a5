const maximumLength = 2_000;

/**
 * A plain Error that says what was thrown. The thrown value itself is not kept: it may be null, a proxy, or an
 * object whose getters throw, and whoever logs it later would fall over it.
 */
export function copyThrown(thrown: unknown): Error {
  const copy = new Error(readText(() => messageOf(thrown)) ?? 'a value that cannot be read');
  copy.stack = readText(() => (thrown instanceof Error ? thrown.stack : undefined)) ?? copy.message;
  return copy;
}

function messageOf(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return typeof thrown === 'string' ? thrown : `thrown ${String(thrown)}`;
  return 'message' in thrown && thrown.message !== '' ? thrown.message : Object.prototype.toString.call(thrown);
}

function readText(read: () => unknown): string | undefined {
  try {
    const value = read();
    if (typeof value !== 'string') return undefined;
    return value.length > maximumLength ? `${value.slice(0, maximumLength)}… (${value.length} characters)` : value;
  } catch {
    return undefined;
  }
}
