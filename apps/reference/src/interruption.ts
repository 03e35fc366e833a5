/** Ctrl-C and polite kills, for as long as a command works. */
export interface Interruption {
  /** Settles with the exit code at the first signal. */
  readonly happened: Promise<number>;
  /** As if Ctrl-C had been pressed: a terminal that hands on single keys sends no signal for it. */
  interrupt(): void;
  stopListening(): void;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
// A terminal sends Ctrl-C to the launcher and to us, and the launcher passes it on: the same press.
const samePressMs = 500;

/** The first signal asks the command to stop at a safe place; a later one ends the process at once. */
export function listenForInterruption(): Interruption {
  let tell: (exitCode: number) => void = () => undefined;
  const happened = new Promise<number>((resolve) => { tell = resolve; });
  let first: number | undefined;

  function onSignal(signal: NodeJS.Signals): void {
    const exitCode = exitCodes[signal as keyof typeof exitCodes];
    if (first === undefined) {
      first = performance.now();
      tell(exitCode);
    } else if (performance.now() - first > samePressMs) process.exit(exitCode);
  }
  const signals = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  for (const signal of signals) process.on(signal, onSignal);
  return {
    happened,
    interrupt: () => { onSignal('SIGINT'); },
    stopListening() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
