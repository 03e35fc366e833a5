import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import type { Config } from '@fw/framework';
import { afterAll } from 'vitest';
import { hashTree } from '../hash-tree.ts';
import type { MisbehavingModel } from './misbehaving-model.ts';
import { playModel } from './play-model.ts';
import type { PlayedModel } from './play-model.ts';
import { project } from './project.ts';

const execute = promisify(execFile);

/** Values that nobody may see but who owns them. Made of parts, so that this file holds none. */
const canary = (place: string): string => `canary-${place}-${'Zx9Kq2Lm'.repeat(3)}`;
const apiKey = canary('api-key');
/** Of the process that the run is in. */
export const environment: { readonly [name: string]: string } = { CANARY_API_KEY: apiKey, SERVICE_TOKEN: canary('environment'), AWS_SECRET_ACCESS_KEY: canary('cloud') };
const secretFiles: { readonly [file: string]: string } = {
  '.env': `DATABASE_PASSWORD=${canary('dotenv')}\n`,
  'deploy.key': `-----BEGIN KEY-----\n${canary('untracked')}\n`,
  'config/secrets.json': `{"token": "${canary('ignored')}"}\n`,
};
const secrets = [...Object.values(environment), ...['dotenv', 'untracked', 'ignored'].map(canary)];

/** A user's folder with secrets in it, a home for runs, a model, and an address that must stay silent. */
export interface Stage {
  readonly folder: string;
  readonly original: string;
  readonly home: string;
  /** The address that must stay silent. */
  readonly listener: string;
  readonly model: PlayedModel;
  readonly config: Config;
  /** What went wrong that no row allows, whatever else it ends with. Call it when the run has ended. */
  harm(written: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function setStage(row: MisbehavingModel): Promise<Stage> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-hostile-')));
  const original = path.join(folder, 'users', 'project');
  const home = path.join(folder, 'home');
  const listener = await listen();
  const places = { original, mark: path.basename(folder), listener: `127.0.0.1:${String((listener.server.address() as AddressInfo).port)}` };
  await makeOriginal(original, row, places.listener);
  const before = hashTree(path.dirname(original));
  const model = await playModel(row, places);
  return {
    folder, original, home, model, listener: places.listener,
    config: configOf(row, model.server.baseURL),
    async harm(written) {
      const sent = model.server.requests.map(({ path: asked, body }) => `${asked}\n${JSON.stringify(body)}`);
      return [
        ...(hashTree(path.dirname(original)) === before ? [] : ['the user\'s folder was changed']),
        ...(listener.heard() === 0 ? [] : [`${String(listener.heard())} connections to an address that is nobody's`]),
        ...(sent.some((text) => findSecret(Buffer.from(text))) ? ['a secret was sent to the model'] : []),
        ...(findSecret(Buffer.from(written)) ? ['a secret was printed'] : []),
        ...(await filesWithSecrets(home)).toSorted(),
        ...await leftBehind(folder),
        ...model.problems,
      ];
    },
    async close() {
      await model.server.close();
      await listener.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As users have it: a repository with a commit, and secrets that are ignored or not yet tracked. */
async function makeOriginal(original: string, row: MisbehavingModel, listener: string): Promise<void> {
  await cp(await template(), original, { recursive: true });
  for (const [file, content] of Object.entries(row.files ?? {})) await put(path.join(original, file), content.replaceAll('{listener}', listener));
}

let made: Promise<string> | undefined;
afterAll(async () => {
  if (made !== undefined) await rm(await made, { recursive: true, force: true });
});

function template(): Promise<string> {
  return made ??= (async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'fw-hostile-project-'));
    for (const [file, content] of Object.entries(project)) await put(path.join(folder, file), content);
    await execute('git', ['init', '-q', folder]);
    await execute('git', ['-C', folder, 'add', '-A']);
    await execute('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'first']);
    for (const [file, content] of Object.entries(secretFiles)) await put(path.join(folder, file), content);
    return folder;
  })();
}

async function put(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

function configOf({ wire, budget }: MisbehavingModel, baseURL: string): Config {
  const [use, api, model] = ({
    'openai-chat': ['openai', 'chat', 'gpt-5.6'], 'openai-responses': ['openai', 'responses', 'gpt-5.6'], anthropic: ['anthropic', undefined, 'claude-sonnet-5'],
    google: ['google', undefined, 'gemini-3-pro'], 'google-genai': ['google-genai', undefined, 'gemini-3-pro'],
  } as const)[wire];
  return {
    providers: { service: { use, baseURL, apiKeyEnv: 'CANARY_API_KEY', ...(api !== undefined && { api }) } },
    models: { default: { use: `service/${model}` } },
    ...(budget && { budgets: { run: budget } }),
  };
}

async function listen(): Promise<{ readonly server: Server; heard(): number; close(): Promise<void> }> {
  let heard = 0;
  const server = createServer((socket) => {
    heard++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { server, heard: () => heard, close: () => new Promise((resolve) => { server.close(() => { resolve(); }); }) };
}

/** As it is, in hexadecimal digits, and in base64 wherever it begins in what was encoded. */
const forms = secrets.flatMap((secret) => [
  secret, Buffer.from(secret).toString('hex'),
  ...[0, 1, 2].map((before) => Buffer.from('x'.repeat(before) + secret).toString('base64').slice(before === 0 ? 0 : 4, -4)),
]).map((form) => Buffer.from(form));

function findSecret(bytes: Buffer): boolean {
  return forms.some((form) => bytes.includes(form));
}

/** Journal, outputs, snapshots, logs, reports: everything under the home, also what git has compressed. */
async function filesWithSecrets(home: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    if (findSecret(bytes) || findSecret(inflated(bytes))) found.push(`a secret stands in ${path.relative(home, file)}`);
  }
  return found;
}

function inflated(bytes: Buffer): Buffer {
  if (bytes[0] !== 0x78) return bytes;
  try {
    return inflateSync(bytes, { maxOutputLength: 64_000_000 });
  } catch {
    return bytes;
  }
}

/** Files that escaped, and processes that go on. */
async function leftBehind(folder: string): Promise<readonly string[]> {
  const escaped = [...await readdir(os.tmpdir()), ...await readdir(folder), ...await readdir(path.join(folder, 'users'))].filter((name) => name.startsWith('escaped'));
  const running: string[] = [];
  for (const id of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(id) || id === String(process.pid)) continue;
    const [command, directory] = [await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''), await readlink(`/proc/${id}/cwd`).catch(() => '')];
    if (command.includes(path.basename(folder)) || directory.startsWith(`${folder}/home`)) running.push(command.replaceAll('\0', ' '));
  }
  return [...escaped.map((name) => `${name} was written outside`), ...running.map((command) => `still running: ${command}`)];
}
