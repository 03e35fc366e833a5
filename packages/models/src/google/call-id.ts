import { madeUpId } from '../wire/tool-calls.ts';

const prefix = 'fw_';

/** For a call to which the service gave no id. It is not sent back. */
export function createCallId(key: string, index: number): string {
  return prefix + madeUpId(key, index);
}

export function isMadeUp(id: string): boolean {
  return id.startsWith(prefix);
}
