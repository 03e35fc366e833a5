import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** Runs a module in a process of its own, inside this package. */
async function run(code: string): Promise<string> {
  const parameters = ['--conditions=@fw/source', '--input-type=module-typescript', '--eval', code];
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: folder, env: {}, timeout: 150_000 });
  return stdout;
}

describe('importing', () => {
  test('loads no SDK, no price data, no SQLite and no test runner, not even with the provider itself', async () => {
    const loaded = await run(`
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context); } });
      await import('@fw/models');
      console.log(JSON.stringify(seen.filter((specifier) => !specifier.startsWith('.'))));
      for (const [entry, create] of [['openai', 'openai'], ['anthropic', 'anthropic'], ['google', 'google'], ['google-genai', 'googleGenAI']]) {
        (await import('@fw/models/' + entry))[create]({ apiKey: 'sk-0123456' });
      }
      await Promise.all(['ai-sdk', 'cassette', 'scripted', 'fault-server'].map((entry) => import('@fw/models/' + entry)));
      console.log(JSON.stringify(seen.filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))));
    `);
    const [main = '', all = ''] = loaded.split('\n');
    expect(new Set((JSON.parse(main) as string[]).filter((name) => name !== '@fw/models'))).toEqual(new Set(['node:crypto', 'eventemitter3']));
    const names = new Set((JSON.parse(all) as string[]).filter((name) => /^(openai|vitest|zod|eventemitter3|@anthropic-ai|@google|@ai-sdk)/.test(name)));
    expect(names).toEqual(new Set(['zod', 'eventemitter3']));
  });

  test('says how to install an SDK that is missing when it is first needed', async () => {
    const sdks = { openai: ['openai', 'openai'], anthropic: ['anthropic', '@anthropic-ai/sdk'], google: ['google', '@google/generative-ai'], 'google-genai': ['googleGenAI', '@google/genai'] };
    const failed = await run(`
      import { registerHooks } from 'node:module';
      const sdks = ${JSON.stringify(sdks)};
      const missing = Object.values(sdks).map(([, name]) => name);
      registerHooks({ resolve(specifier, context, next) { return next(missing.includes(specifier) ? 'a-package-that-is-not-there' : specifier, context); } });
      const { createModel } = await import('@fw/models');
      for (const [entry, [create]] of Object.entries(sdks)) {
        const provider = (await import('@fw/models/' + entry))[create]({ apiKey: 'sk-0123456' });
        await createModel(provider, 'm').generate({ messages: [] }).catch((error) => console.log(error.code, error.message));
      }
    `);
    for (const [, name] of Object.values(sdks)) expect(failed).toContain(`FW_MODEL_SDK_MISSING The package "${name}" is not installed. Install it: npm install ${name}`);
  });
});

test('the first example of the README runs as it is written', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(await run(example)).toBe('Hello from a script. 0\n');
});
