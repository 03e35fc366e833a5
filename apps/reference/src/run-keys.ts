import type { Framework, Run } from '@fw/framework';
import type { CliContext } from './cli-context.ts';
import { describeDiff, describeLog } from './run-text.ts';
import type { Interruption } from './interruption.ts';
import { hasKeys, listenForKeys } from './keys.ts';
import type { RunView } from './run-view.ts';

/** Keys of a person who follows a run. */
export interface RunKeys {
  /** Asks for a decision; undefined when the person leaves, or was not there. */
  decide(): Promise<'approve' | 'reject' | undefined>;
  close(): void;
}

export interface RunKeysOptions {
  readonly framework: Framework;
  readonly run: Run;
  readonly view: RunView;
  readonly interruption: Interruption;
}

/** Listens for keys where a person can see and press them; undefined elsewhere. */
export function openRunKeys({ output, quiet, terminal }: CliContext, options: RunKeysOptions): RunKeys | undefined {
  if (output !== 'text' || quiet || !terminal.isLive || !hasKeys(process.stdin)) return undefined;
  const { framework, run, view, interruption } = options;
  let decided: ((decision: 'approve' | 'reject' | undefined) => void) | undefined;
  let busy = false;

  async function show(read: () => Promise<string>): Promise<void> {
    if (busy) return;
    busy = true;
    view.say(await read().catch((error: Error) => `  ${error.message}\n`));
    busy = false;
  }
  const stop = listenForKeys(process.stdin, (key) => {
    if (key === 'd') void show(async () => describeDiff(await framework.diff(run.id), terminal));
    else if (key === 'l') void show(async () => describeLog(await framework.log(run.id)));
    else if (decided !== undefined) decided(key === 'a' ? 'approve' : key === 'r' ? 'reject' : undefined);
    else if (key === 'p' || key === 'interrupt') interruption.interrupt();
    if (key === 'interrupt') decided?.(undefined);
  });
  view.say(`  ${terminal.paint('dim', 'keys: d diff, l log, p pause')}\n`);
  return {
    async decide() {
      view.say(`  ${terminal.paint('yellow', 'a')} approve, ${terminal.paint('yellow', 'r')} reject, d diff, l log; any other key leaves it waiting\n`);
      return new Promise((resolve) => { decided = resolve; }).finally(() => { decided = undefined; }) as Promise<'approve' | 'reject' | undefined>;
    },
    close: stop,
  };
}
