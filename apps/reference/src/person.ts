import os from 'node:os';

/** Who answers at this terminal. */
export function person(): string {
  return os.userInfo().username;
}
