import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command writes. Results and events go to standard output, everything else to standard error. */
export interface Terminal {
  /** True when a line may be rewritten in place. */
  readonly isLive: boolean;
  readonly columns: number;
  /** True when somebody hears it: words in place of marks, nothing rewritten. */
  readonly isHeard: boolean;
  print(text: string): void;
  note(text: string): void;
  paint(style: Style, text: string): string;
}

export interface TerminalOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly environment: { readonly [name: string]: string | undefined };
  /** False after `--no-color`. */
  readonly color: boolean;
  /** True after `--screen-reader`. */
  readonly screenReader?: boolean;
}

/** A reader that goes away (`| head`) ends the output, not the work. */
export function createTerminal({ stdout, stderr, environment, color, screenReader = false }: TerminalOptions): Terminal {
  const isDumb = environment['TERM'] === 'dumb';
  const isPainted = color && !screenReader && stdout.isTTY && !isDumb && (environment['NO_COLOR'] ?? '') === '';
  const gone = new Set<NodeJS.WriteStream>();
  for (const stream of [stdout, stderr]) stream.on('error', () => gone.add(stream));

  function write(stream: NodeJS.WriteStream, text: string): void {
    if (!gone.has(stream)) stream.write(text);
  }
  return {
    isLive: stdout.isTTY && !isDumb && !screenReader && (environment['CI'] ?? '') === '',
    isHeard: screenReader,
    columns: stdout.columns > 0 ? stdout.columns : 100,
    print: (text) => { write(stdout, text); },
    note: (text) => { write(stderr, text); },
    paint: (style, text) => (isPainted ? styleText(style, text, { validateStream: false }) : text),
  };
}
