import { describe, expect, it } from 'vitest';
import { parseConfig } from '../src/config.ts';

function problemsOf(value: unknown): string {
  try {
    parseConfig(value, 'fw.config.json');
  } catch (error) {
    expect(error).toMatchObject({ code: 'FW_CONFIG_INVALID' });
    return (error as Error).message;
  }
  return 'accepted';
}

describe('parseConfig', () => {
  it('takes a whole config as it is', () => {
    const config = {
      providers: { local: { use: 'openai', baseURL: 'http://127.0.0.1:11434/v1' } },
      models: { coder: { use: 'local/qwen3-coder', fallback: ['local/small'], limits: { concurrency: 2 } } },
      agents: { developer: 'coder' },
      workflow: { approvals: ['design'] },
      plugins: ['./plugins/acme'],
      engine: 'local',
      policy: { gates: { coverage: 'required' } },
      budgets: { run: { usd: 5, tokens: 500_000 } },
      workspace: { include: ['.env.test'], maxFiles: 1000, maxBytes: 1_000_000 },
    };
    expect(parseConfig(config, 'test')).toEqual(config);
  });

  it('names file, key path and the key that was meant', () => {
    expect(problemsOf({ models: { coder: { use: 'a/b', fallbak: [] } } }))
      .toBe('fw.config.json: models.coder.fallbak: there is no such key; did you mean "fallback"?.');
    expect(problemsOf({ provider: {} })).toBe('fw.config.json: provider: there is no such key; did you mean "providers"?.');
  });

  it('lists the known keys when none is near', () => {
    expect(problemsOf({ agents: { gardener: 'x' } })).toContain('agents.gardener: there is no such key; known: architect, developer, reviewer, judge');
  });

  it.each([
    [{ engine: 'locl' }, 'engine: "locl" is not possible; did you mean "local"?'],
    [{ engine: { use: 'restat' } }, 'engine.use: "restat" is not possible; did you mean "restate"?'],
    [{ engine: { use: 'restate', adminURL: 'http://127.0.0.1:9070' } }, 'engine.adminURL: there is no such key; did you mean "adminUrl"?'],
    [{ engine: { use: 'restate', ingressUrl: 'ftp://x' } }, 'engine.ingressUrl: '],
    [{ engine: { use: 'restate', port: 0 } }, 'engine.port: '],
    [{ workflow: { definition: 3 } }, 'workflow.definition: expected a file name or a definition'],
    [{ providers: { Open: { use: 'openai' } } }, 'providers.Open: a name here is small letters'],
    [{ providers: { a: { use: 'openai', baseURL: 'file:///etc/passwd' } } }, 'providers.a.baseURL'],
    [{ providers: { a: { use: 'scripted', script: 3 } } }, 'providers.a.script: expected a file name or a script'],
    [{ budgets: { run: { usd: '5' } } }, 'budgets.run.usd: expected number, received string'],
    [{ plugins: 'acme' }, 'plugins: expected array, received string'],
    [null, 'the config: expected object, received null'],
    [[], 'the config: expected object, received array'],
  ])('says what is wrong in %j', (value, problem) => {
    expect(problemsOf(value)).toContain(problem);
  });

  it('counts the places it does not name', () => {
    const keys = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`p${String(index)}`, { use: 1 }]));
    expect(problemsOf({ providers: keys })).toContain('and 15 more');
  });

  it('stays short when a value is huge', () => {
    expect(problemsOf({ engine: 'x'.repeat(1_000_000) }).length).toBeLessThan(300);
  });

  it('does not let a key reach the prototype of objects', () => {
    const hostile: unknown = JSON.parse('{"models":{"__proto__":{"use":"a/b"}},"policy":{"__proto__":{"polluted":true}}}');
    parseConfig(hostile, 'test');
    expect(({} as { readonly polluted?: boolean }).polluted).toBeUndefined();
  });
});
