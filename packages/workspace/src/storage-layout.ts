import { join } from 'node:path';

/** Where everything of one workspace lies inside its storage folder. */
export interface StorageLayout {
  readonly storage: string;
  readonly copy: string;
  readonly git: string;
  readonly checkouts: string;
  /** Links to node and npm, first on a command's PATH. */
  readonly toolchain: string;
  /** Home folder of commands that run without a sandbox. */
  readonly home: string;
  readonly temporary: string;
  /** Present from the first moment: this folder is ours. */
  readonly claim: string;
  /** Written last: the copy and its base are complete. */
  readonly record: string;
}

export function storageLayout(storage: string): StorageLayout {
  return {
    storage,
    copy: join(storage, 'copy'),
    git: join(storage, 'git'),
    checkouts: join(storage, 'checkouts'),
    toolchain: join(storage, 'toolchain'),
    home: join(storage, 'home'),
    temporary: join(storage, 'tmp'),
    claim: join(storage, 'fw-workspace'),
    record: join(storage, 'workspace.json'),
  };
}
