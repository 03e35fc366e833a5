import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { AppError } from '../app-error.ts';
import type { CliContext } from '../cli-context.ts';
import { listenForInterruption } from '../interruption.ts';
import { jsonLine } from '../json-line.ts';
import { openWithoutModels } from '../open-framework.ts';
import { packageFolder } from '../package-folder.ts';
import { plainLine } from '../plain-text.ts';
import { clientFolder } from '../ui/build-client.ts';
import { readClientFiles } from '../ui/client-files.ts';
import { createCommands } from '../ui/commands.ts';
import { startServer } from '../ui/start-server.ts';
import { within } from '../within.ts';

export interface UiOptions {
  readonly port: string;
  readonly host: string;
  readonly readOnly?: boolean;
}

const stopWithinMs = 20_000;

/** `fw ui`: the dashboard, until it is told to stop. */
export async function ui(context: CliContext, { port, host, readOnly = false }: UiOptions): Promise<number> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new AppError('FW_USAGE', { message: `--port "${port}" is not a port: 0 to 65535, and 0 takes one that is free.` });
  if (host !== 'localhost' && (isIP(host) === 0 || host === '0.0.0.0' || /^[0:]+$/.test(host))) throw new AppError('FW_USAGE', { message: `--host "${host}" is not one address of this machine, such as 127.0.0.1; an address for all of them cannot be told from a stranger's name.` });
  const interruption = listenForInterruption();
  try {
    const files = await readClientFiles(await clientFolder((text) => { context.terminal.note(text); }));
    const { version } = JSON.parse(await readFile(path.join(packageFolder, 'package.json'), 'utf8')) as { readonly version: string };
    const framework = await openWithoutModels(context);
    const options = [...(context.config === undefined ? [] : ['--config', context.config]), ...(context.trust ? ['--trust'] : [])];
    const commands = createCommands({ program: [process.execPath, ...process.execArgv, process.argv[1]!, ...options], directory: context.directory, environment: { ...context.environment } });
    try {
      const server = await startServer({ framework, commands, files, version, host, port: Number(port), isReadOnly: readOnly, note: (text) => { context.terminal.note(`fw: ${plainLine(text)}\n`); } });
      try {
        context.terminal.print(context.output === 'text'
          ? `Dashboard${readOnly ? ' (read-only)' : ''}: ${server.link}\nWhoever has this link can use it. Ctrl-C stops it.\n`
          : jsonLine({ v: 1, type: 'ui.started', url: server.link, port: server.port, readOnly }));
        return await interruption.happened;
      } finally {
        await within(stopWithinMs, server.close());
      }
    } finally {
      await within(stopWithinMs, framework.close());
    }
  } finally {
    interruption.stopListening();
  }
}
