import { type GitAnswer, runGit } from './git.ts';

/** Asks the user's own git, so that its index, ignore rules and objects count. */
export type UserRepository = (args: readonly string[], input?: string) => Promise<GitAnswer>;

/**
 * The repository that a folder lies in, if any, to be read only: everything is off that could write, fetch or run a
 * program of the user.
 */
export function userRepository(directory: string, binary: string): UserRepository {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const hardened = ['core.fsmonitor=false', 'core.hooksPath=', 'core.untrackedCache=false', 'safe.directory=*'].flatMap((setting) => [
    '-c',
    setting,
  ]);
  return (args, input) =>
    runGit(binary, [...hardened, ...args], {
      cwd: directory,
      ...(input === undefined ? {} : { input }),
      env: {
        ...env,
        LC_ALL: 'C',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_ALLOW_PROTOCOL: 'none',
        GIT_NO_LAZY_FETCH: '1',
        GIT_NO_REPLACE_OBJECTS: '1',
        GIT_TERMINAL_PROMPT: '0',
      },
    });
}
