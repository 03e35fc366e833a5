import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { exitCodeOfError, exitCodes } from './exit-code.ts';
import { packageFolder } from './package-folder.ts';
import { plainLine } from './plain-text.ts';

/** Runs one command line and gives its exit code. Every error ends here, as one line on standard error. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await runProgram(argv, await readVersion());
  } catch (error) {
    return report(error);
  }
}

async function runProgram(argv: readonly string[], version: string): Promise<number> {
  const [{ createProgram }, { CommanderError }] = await Promise.all([import('./program.ts'), import('commander')]);
  let exitCode: number | undefined;
  const program = createProgram({ version, directory: process.cwd(), environment: process.env, ended: (code) => { exitCode = code; } });
  if (argv.length === 0) {
    process.stderr.write(program.helpInformation());
    return exitCodes.usage;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode ?? exitCodes.internal;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.success;
    // A group of commands named alone has shown its help.
    if (error.code === 'commander.help') return exitCodes.usage;
    process.stderr.write(`fw: ${plainLine(error.message.replace(/^error: /, ''))} See fw --help.\n`);
    return exitCodes.usage;
  }
}

function report(error: unknown): number {
  const exitCode = exitCodeOfError(error);
  const message = plainLine(error instanceof Error ? error.message : String(error));
  const wasForeseen = String((error as { readonly code?: unknown } | null)?.code).startsWith('FW_');
  const hint = exitCode === exitCodes.internal && !wasForeseen ? ' This was not foreseen; FW_DEBUG=1 shows where it comes from.' : '';
  process.stderr.write(`fw: ${message === '' ? 'an error without a message.' : message}${hint}\n`);
  if (process.env['FW_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  return exitCode;
}

async function readVersion(): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(packageFolder, 'package.json'), 'utf8')) as { readonly version: string };
  return manifest.version;
}
