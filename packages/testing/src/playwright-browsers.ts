import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import type { CommandRequest } from './runner-adapter.ts';

/** Where playwright keeps the program of each of its browsers, in the versions that we know. */
const programs = {
  chromium: ['chrome-linux64/chrome', 'chrome-linux/chrome'],
  'chromium-headless-shell': ['chrome-headless-shell-linux64/chrome-headless-shell', 'chrome-linux/headless_shell', 'chrome-headless-shell-linux/headless_shell'],
} as const;

const manifestSchema = withZod((z) => z.object({ browsers: z.array(z.object({ name: z.string(), revision: z.string().regex(/^\d+$/) })) }));

/**
 * A folder of browsers for one run: those that playwright has installed for this user, and the system's Chromium in place
 * of a Chromium that is missing there. The run has no access to the user's own folder otherwise.
 */
export async function installBrowsers(request: CommandRequest): Promise<{ readonly env: { readonly [name: string]: string }; readonly readable: readonly string[] }> {
  const wanted = await wantedBrowsers(request);
  const cache = cacheFolder();
  const folder = join(request.folder.tools, 'browsers');
  await mkdir(folder, { recursive: true });
  const system = systemChromium();
  const readable = new Set<string>();
  for (const { name, revision } of wanted) {
    const entry = `${name.replaceAll('-', '_')}-${revision}`;
    if (existsSync(join(cache, entry))) {
      await symlink(join(cache, entry), join(folder, entry));
      readable.add(join(cache, entry));
    } else if (system !== undefined && Object.hasOwn(programs, name)) {
      for (const program of programs[name as keyof typeof programs]) await writeLauncher(join(folder, entry, program), system);
      await writeFile(join(folder, entry, 'INSTALLATION_COMPLETE'), '');
    }
  }
  return { env: { PLAYWRIGHT_BROWSERS_PATH: folder, PLAYWRIGHT_SKIP_VALIDATE_HOST_REQUIREMENTS: '1' }, readable: [...readable] };
}

async function wantedBrowsers({ directory, root }: CommandRequest): Promise<z.infer<typeof manifestSchema>['browsers']> {
  for (const from of [directory, root]) {
    try {
      const test = createRequire(join(from, 'package.json')).resolve('@playwright/test/package.json');
      const core = createRequire(createRequire(test).resolve('playwright/package.json')).resolve('playwright-core/package.json');
      return manifestSchema.parse(JSON.parse(await readFile(join(dirname(core), 'browsers.json'), 'utf8'))).browsers;
    } catch {
      // Not installed from here.
    }
  }
  return [];
}

function cacheFolder(): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/ms-playwright');
  return process.platform === 'win32' ? join(homedir(), 'AppData/Local/ms-playwright') : join(homedir(), '.cache/ms-playwright');
}

function systemChromium(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folders = ['/usr/bin', '/usr/local/bin', ...(process.env['PATH'] ?? '').split(delimiter)];
  return ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}

/** Our sandbox allows no further one inside of it, which Chromium's own would be. */
async function writeLauncher(path: string, program: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\nexec ${program} --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync "$@"\n`);
  await chmod(path, 0o755);
}
