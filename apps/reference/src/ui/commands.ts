import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

/** Other commands of this app, in processes of their own: the dashboard itself runs no agent and loads no code of a config. */
export interface Commands {
  /** What a command prints as JSON; kept for a few seconds. @throws with code `FW_UI_COMMAND` and the words of the command. */
  ask(args: readonly string[]): Promise<unknown>;
  /** The same, asked anew each time. */
  askAnew(args: readonly string[]): Promise<unknown>;
  /** Starts a command on runs and gives its first event; it goes on by itself until it ends or the dashboard does. @throws as `ask`; `FW_UI_BUSY`. */
  start(args: readonly string[]): Promise<FirstEvent>;
  /** Stops all of them at a safe place. */
  close(): Promise<void>;
}

interface FirstEvent {
  readonly run: string;
  readonly type: string;
}

export interface CommandsOptions {
  /** Before the arguments: the program and how it is called. */
  readonly program: readonly [string, ...string[]];
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
}

const mostRunning = 16;
const keptMs = 10_000;
const answerWithinMs = 30_000;
const stopWithinMs = 15_000;
const mostOutput = 8 * 1024 * 1024;

export function createCommands({ program, directory, environment }: CommandsOptions): Commands {
  const running = new Set<ChildProcess>();
  const answers = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();
  let isClosed = false;

  const begin = (args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<{ readonly exitCode: number | null; readonly words: string }> } => {
    if (isClosed || running.size >= mostRunning) throw failure('FW_UI_BUSY', 'Too many commands of the dashboard run already; wait until one has ended.');
    // The channel carries nothing: when the dashboard is killed it closes, and the command ends as well.
    const child = spawn(program[0], [...program.slice(1), ...args], { cwd: directory, env: { ...environment, FW_LAUNCHED: '1' }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    running.add(child);
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => { words = (words + chunk).slice(-4_000); });
    const ended = new Promise<{ readonly exitCode: number | null; readonly words: string }>((resolve) => {
      child.on('error', (error) => { resolve({ exitCode: null, words: error.message }); });
      child.on('close', (exitCode) => { resolve({ exitCode, words }); });
    }).finally(() => running.delete(child));
    return { child, ended };
  };

  const run = async (args: readonly string[]): Promise<unknown> => {
    const { child, ended } = begin(args);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length > mostOutput) child.kill();
    });
    const timer = setTimeout(() => child.kill(), answerWithinMs);
    const { exitCode, words } = await ended.finally(() => { clearTimeout(timer); });
    if (exitCode !== 0) throw failure('FW_UI_COMMAND', lastLine(words));
    return JSON.parse(output) as unknown;
  };

  return {
    askAnew: (args) => run(['--output', 'json', ...args]),
    ask(args) {
      const key = args.join(' ');
      const known = answers.get(key);
      if (known !== undefined && performance.now() - known.at < keptMs) return known.answer;
      const answer = this.askAnew(args);
      answers.set(key, { at: performance.now(), answer });
      return answer;
    },
    async start(args) {
      const { child, ended } = begin(['--output', 'ndjson', ...args]);
      const first = new Promise<FirstEvent>((resolve) => {
        createInterface({ input: child.stdout! }).on('line', (line) => { resolve(JSON.parse(line) as FirstEvent); });
      });
      const outcome = await Promise.race([first, ended]);
      if ('type' in outcome) return outcome;
      throw failure('FW_UI_COMMAND', lastLine(outcome.words));
    },
    async close() {
      isClosed = true;
      const children = [...running];
      for (const child of children) child.kill('SIGINT');
      const ends = Promise.all(children.map((child) => (child.exitCode !== null || child.signalCode !== null ? undefined : new Promise((resolve) => child.once('close', resolve)))));
      await Promise.race([ends, wait(stopWithinMs, undefined, { ref: false })]);
      for (const child of running) child.kill('SIGKILL');
    },
  };
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message === '' ? 'The command said nothing.' : message), { code });
}

const lastLine = (words: string): string => words.trimEnd().split('\n').at(-1)?.replace(/^fw: /, '') ?? '';
