import { parseWords, splitScript } from './shell-words.ts';
import type { Word } from './shell-words.ts';

/** One command of a test script that runs a test runner, or has to run before it. */
export interface ScriptCommand {
  readonly env: { readonly [name: string]: string };
  readonly words: readonly Word[];
}

/** Runners whose results we can get. */
export type RunnerName = 'vitest' | 'node:test' | 'jest' | 'mocha' | 'tape' | 'tap' | 'ava' | 'playwright' | 'pytest';

export interface TestScript {
  /** Name of a runner that was recognised but cannot be read yet. */
  readonly unsupported?: string;
  /** It runs the tests of the packages of a monorepo. */
  readonly members?: true;
  /** What the script does before its tests, without linters: builds, fixtures. */
  readonly prepare: readonly string[];
  /** Empty when no command of the script is a runner known to us. */
  readonly commands: readonly (ScriptCommand & { readonly runner: RunnerName })[];
}

/** Finds the commands of `npm test` that run a test runner, through nested `npm run` and coverage wrappers. */
export function readTestScript(scripts: { readonly [name: string]: string }): TestScript {
  const pieces = expandScript('test', scripts, []);
  const prepare: string[] = [];
  const commands: (ScriptCommand & { readonly runner: RunnerName })[] = [];
  let unsupported: string | undefined;
  let members = false;
  for (const piece of pieces) {
    const recognised = recognise(piece);
    if (recognised.is === 'runner') {
      commands.push({ ...recognised.command, runner: recognised.runner });
    } else if (recognised.is === 'members') {
      members = true;
    } else if (recognised.is === 'unsupported') {
      unsupported ??= recognised.name;
    } else if (recognised.is === 'other' && commands.length === 0 && !members) {
      prepare.push(piece);
    }
  }
  if (members && commands.length === 0 && unsupported === undefined) return { members: true, prepare, commands: [] };
  if (commands.length === 0 || members || unsupported !== undefined) {
    return { prepare: [], commands: [], ...(unsupported === undefined ? {} : { unsupported }) };
  }
  return { prepare, commands };
}

/** The pieces that npm would run for a script, in order, `pre` and `post` included. */
function expandScript(name: string, scripts: { readonly [name: string]: string }, above: readonly string[]): readonly string[] {
  return [`pre${name}`, name, `post${name}`].flatMap((part) => {
    const script = scripts[part];
    if (script === undefined || above.includes(part) || above.length > 10) return [];
    return splitScript(script).flatMap((piece) => {
      const called = calledScript(piece);
      return called === undefined || scripts[called] === undefined ? [piece] : expandScript(called, scripts, [...above, part]);
    });
  });
}

/** `npm run x`, `npm test`, `pnpm x`, `yarn x`, `node --run x`, without further arguments. */
function calledScript(piece: string): string | undefined {
  const match = /^(?:npm (?:run|run-script) (?:(?:-s|--silent) )?|pnpm (?:run )?|yarn (?:run )?|node --run )([\w:.-]+)$/.exec(piece);
  if (match !== null) return match[1];
  return /^npm (?:t|tst|test)$/.test(piece) ? 'test' : undefined;
}

type Recognised =
  | { readonly is: 'runner'; readonly runner: RunnerName; readonly command: ScriptCommand }
  | { readonly is: 'unsupported'; readonly name: string }
  | { readonly is: 'members' }
  | { readonly is: 'check' }
  | { readonly is: 'other' };

const namedRunners = ['jest', 'mocha', 'tape', 'tap', 'ava', 'pytest'] as const;
const otherRunners = ['borp', 'bun', 'cypress', 'deno', 'jasmine', 'karma', 'lab', 'qunit', 'uvu', 'wtr'];
const checks = ['attw', 'biome', 'echo', 'eslint', 'knip', 'neostandard', 'oxlint', 'prettier', 'publint', 'semistandard', 'standard', 'ts-standard', 'tsd', 'tstyche', 'xo'];
const wrappers = ['c8', 'nyc', 'npx', 'cross-env', 'pnpm', 'yarn', 'exec', 'dotenv', '--'];

/** Test commands of npm, yarn, pnpm, turbo, nx and lerna for all packages of a monorepo. */
const ofMembers = /^(npm (run |run-script )?(test|t) (--workspaces|-ws)( --if-present)?|npm (--workspaces|-ws) (--if-present )?(run )?test( --if-present)?|npm run (--workspaces|-ws) (--if-present )?test|pnpm (-r|--recursive)( --if-present)? (run )?test|yarn workspaces (run|foreach( -\w+)* run) test|(npx )?turbo (run )?test|(npx )?nx run-many (-t|--target=?) ?test|(npx )?lerna run test)$/;

function recognise(piece: string): Recognised {
  if (ofMembers.test(piece)) return { is: 'members' };
  const words = parseWords(piece);
  if (words === undefined) return { is: 'other' };
  const env: Record<string, string> = {};
  let at = 0;
  let wrapped = false;
  for (; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word.value);
    if (assignment?.[1] !== undefined && word.plain) env[assignment[1]] = assignment[2] ?? '';
    else if (wrappers.includes(word.value)) wrapped = true;
    else if (!wrapped || isProgram(word.value)) break;
  }
  const rest = words.slice(at);
  const program = (rest[0]?.value ?? '').replace(/^(\.\/)?node_modules\/\.bin\/_?/, '');
  if (program === 'vitest' && !['bench', 'list', 'init'].includes(rest[1]?.value ?? '')) return { is: 'runner', runner: 'vitest', command: { env, words: rest } };
  if ((program === 'node' || program === 'tsx') && rest.some((word) => word.value === '--test')) return { is: 'runner', runner: 'node:test', command: { env, words: rest } };
  if (program === 'playwright' && rest[1]?.value === 'test') return { is: 'runner', runner: 'playwright', command: { env, words: rest } };
  const named = namedRunners.find((name) => name === program || (/^(node|python3?)$/.test(program) && rest.some((word) => isLauncher(word.value, name))));
  if (named !== undefined) return { is: 'runner', runner: named, command: { env, words: rest } };
  if (otherRunners.includes(program)) return { is: 'unsupported', name: program };
  if (checks.includes(program) || (program === 'tsc' && rest.some((word) => word.value === '--noEmit'))) return { is: 'check' };
  return { is: 'other' };
}

/** `node --flags node_modules/jest/bin/jest.js`, `python3 -m pytest`. */
export function isLauncher(word: string, runner: string): boolean {
  return new RegExp(`(^|/)node_modules/(\\.bin/|${runner}/[\\w./-]*)_?${runner}(\\.[cm]?js)?$`).test(word) || (runner === 'pytest' && word === 'pytest');
}

function isProgram(value: string): boolean {
  return ['node', 'python', 'python3', 'tsx', 'vitest', 'tsc', 'playwright', ...namedRunners, ...otherRunners, ...checks].includes(value) || value.includes('node_modules/.bin/');
}
