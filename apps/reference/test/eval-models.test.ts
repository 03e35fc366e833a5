import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copySuite } from './example-suite.ts';
import { startFakeOpenai } from './fake-openai.ts';
import type { ChatAnswer, ChatRequest, FakeOpenai } from './fake-openai.ts';
import { call, finish, playTeam } from './fake-team.ts';
import type { TeamView } from './fake-team.ts';
import { runFw, startFw } from './start-fw.ts';
import type { Ended } from './start-fw.ts';
import { useTemporaryFolder } from './temporary-folder.ts';

const folder = useTemporaryFolder();
let server: FakeOpenai;
/** Before each answer. */
let onRequest: (request: ChatRequest) => Promise<void> | void;
let refuse: boolean;

beforeEach(async () => {
  onRequest = () => undefined;
  refuse = false;
  server = await startFakeOpenai(async (request) => {
    await onRequest(request);
    return refuse ? { status: 401 } : playTeam('As the task says.', play)(request);
  });
});
afterEach(() => server.close());

/** Developers: `good` solves what it is given, `bad` makes the mistakes that are counted, `untested` solves it without a test. */
function play(view: TeamView): ChatAnswer {
  const task = JSON.stringify(view.request.messages).includes('parseDuration') ? 'duration' : 'chunk';
  const steps = ({ good, bad, untested } as const)[view.request.model]?.[task] ?? [];
  const step = steps[Math.min(view.turn, steps.length - 1)];
  return step === 'finish' || step === undefined ? finish({ ...view, criteria: criteriaOf(view.request) }, 'Done.') : step;
}

/** As the schema of `finish` names them. */
function criteriaOf({ tools = [] }: ChatRequest): readonly string[] {
  const schema = JSON.stringify(tools.find((tool) => tool.function.name === 'finish')?.function.parameters ?? {});
  return JSON.parse(/"enum":(\["c1"[^\]]*\])/.exec(schema)?.[1] ?? '["c1"]') as readonly string[];
}

type Step = ChatAnswer | 'finish';
const write = (file: string, content: string): Step => call('write_file', { path: file, content, replace: true });
const runTests = call('run_tests', { scope: 'all' });
const testOf = (imports: string, body: string): string => `import assert from 'node:assert/strict';\nimport { test } from 'node:test';\nimport { ${imports} } from '../src/${imports === 'chunk' ? 'chunk' : 'parse-duration'}.js';\n\ntest('new', () => { ${body} });\n`;
const fileOf = (name: string, body: string): string => `/** ${name} */\nexport function ${name}(${name === 'chunk' ? 'items, size' : 'text'}) {\n${body}}\n`;
const durationTest = write('test/combined.test.js', testOf('parseDuration', "assert.equal(parseDuration('1h30m'), 5_400_000);"));
const duration = `  const match = /^(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?$/.exec(text);
  if (!match || text === '') return Number.NaN;
  return Number(match[1] ?? 0) * 3_600_000 + Number(match[2] ?? 0) * 60_000 + Number(match[3] ?? 0) * 1_000;\n`;
// Two parts of the three: what the visible test asks for, and not what the hidden ones do.
const twoParts = `  const both = /^(\\d+)h(\\d+)m$/.exec(text);
  if (both) return Number(both[1]) * 3_600_000 + Number(both[2]) * 60_000;
  const match = /^(\\d+)([hms])$/.exec(text);
  return match ? Number(match[1]) * { h: 3_600_000, m: 60_000, s: 1_000 }[match[2]] : Number.NaN;\n`;
const chunks = `  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(\`No size of a chunk: \${String(size)}\`);
  const all = [...items];
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));\n`;

const good: { readonly [task: string]: readonly Step[] } = {
  duration: [durationTest, runTests, write('src/parse-duration.js', fileOf('parseDuration', duration)), runTests, 'finish'],
  chunk: [write('test/size.test.js', testOf('chunk', 'assert.throws(() => chunk([1], 0), RangeError);')), runTests, write('src/chunk.js', fileOf('chunk', chunks)), runTests, 'finish'],
};
const bad: { readonly [task: string]: readonly Step[] } = {
  duration: [
    call('open_file', { path: 'src/parse-duration.js' }),
    { toolCalls: [
      { name: 'edit_file', arguments: { path: 'src/parse-duration.js', edits: [{ old: 'not there at all\nnor this', new: 'x' }] } },
      { name: 'run', arguments: { command: 'node --version' } },
    ] },
    durationTest, runTests, write('src/parse-duration.js', fileOf('parseDuration', twoParts)), runTests, 'finish',
  ],
  chunk: [call('read_file', { path: 'src/chunk.js' })],
};

const untested: typeof good = { duration: [write('src/parse-duration.js', fileOf('parseDuration', duration)), runTests, 'finish'] };

const environment = (): { readonly [name: string]: string } => ({ FW_HOME: path.join(folder(), 'home'), OPENAI_BASE_URL: server.baseURL, OPENAI_API_KEY: 'k' });
const fw = (...args: string[]): Promise<Ended> => runFw(args, { cwd: folder(), env: environment() });
const config = async (name: string, value: object): Promise<string> => {
  await writeFile(path.join(folder(), name), JSON.stringify(value));
  return name;
};

describe('fw eval with models', { timeout: 240_000 }, () => {
  it('counts what each configuration did, compares them task by task, and gives it again without a further call', async () => {
    const suite = await copySuite(folder(), 'feature-duration', 'edge-cases-chunk');
    const ended = await fw('eval', suite, '--model', 'openai/good', '--against-model', 'openai/bad', '--output', 'json');
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const evaluation = JSON.parse(ended.stdout) as { readonly id: string };
    expect(evaluation).toMatchObject({
      mode: 'model', status: 'complete', simulated: false, excluded: [],
      arms: [
        {
          arm: 'a', models: ['openai/good'], runs: 2, solved: 2, passAt1: { value: 1, high: 1 }, allOfK: { value: 1 }, anyOfK: { value: 1 }, costPerSolvedNanoUsd: 'unknown',
          gate: { accepted: 2, acceptedUnsolved: 0, refused: 0, refusedSolved: 0 }, counts: { formatFailures: 0, notExecuted: 0, stuck: {} }, exitCodes: { 0: 2 }, unsolved: {},
        },
        {
          arm: 'b', models: ['openai/bad'], runs: 2, solved: 0, costPerSolvedNanoUsd: null,
          gate: { accepted: 1, acceptedUnsolved: 1, refusedSolved: 0 }, counts: { formatFailures: 1, notExecuted: 1, stuck: { S1: 1 } }, exitCodes: { 0: 1, 1: 1 }, unsolved: { 'hidden-tests-failed': 1, FW_LOOP_STUCK: 1 },
        },
      ],
      comparison: { arms: ['a', 'b'], tasks: 2, pairs: 2, only: [2, 0], difference: { value: 1 }, p: 0.5, conclusion: 'no difference shown' },
    });
    const asked = server.received();
    const again = await fw('eval', suite, '--resume', evaluation.id, '--output', 'json');
    expect(JSON.parse(again.stdout)).toEqual({ ...evaluation, exitCode: 0 });
    expect(server.received()).toBe(asked);
    expect((await fw('eval', suite, '--resume', evaluation.id)).stdout).toMatch(/A less B: \+100\.0 % \[\+100\.0 %, \+100\.0 %\], p 0\.500.*\nno difference shown/);
  });

  it('counts a change that the gate refuses although it solves the task', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    const ended = await fw('eval', suite, '--model', 'openai/untested', '--output', 'json');
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ arms: [{ runs: 1, solved: 0, gate: { accepted: 0, acceptedUnsolved: 0, refused: 1, refusedSolved: 1 } }] });
  });

  it('says that a scripted model took part, and counts every run of a task', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    await config('fw.json', {
      providers: { scripted: { use: 'scripted', script: { version: 1, replies: [{ then: { text: 'I would rather talk.' } }] } } },
      agents: { architect: 'scripted/x', developer: 'scripted/x', reviewer: 'scripted/x' },
    });
    const ended = await fw('eval', suite, '--config', 'fw.json', '--runs', '2', '--output', 'json');
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    const evaluation = JSON.parse(ended.stdout) as { readonly id: string };
    expect(evaluation).toMatchObject({ simulated: true, runs: 2, arms: [{ simulated: true, runs: 2, solved: 0, passAt1: { value: 0, high: expect.closeTo(0.7935, 4) as number }, allOfK: { value: 0 }, counts: { formatFailures: 6, modelCalls: 6, stuck: { S6: 2 } } }] });
    expect((await fw('eval', suite, '--resume', evaluation.id)).stdout).toContain('The model is SCRIPTED');
  });

  it('shows no agent a hidden test, nor where it lies', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    await fw('eval', suite, '--model', 'openai/good');
    const seen = JSON.stringify(server.requests);
    expect(seen).toContain('parseDuration');
    expect(seen).not.toContain('combined.hidden');
    expect(seen).not.toContain(suite);
  });

  it.each(['SIGINT', 'SIGKILL'] as const)('that gets %s in its second run goes on with it, and pays for no finished one twice', async (signal) => {
    const suite = await copySuite(folder(), 'edge-cases-chunk', 'feature-duration');
    const args = ['eval', suite, '--model', 'openai/good', '--concurrency', '1', '--output', 'json'];
    const started = startFw(args, { cwd: folder(), env: environment() });
    const ofFirst = (): number => server.requests.filter(({ messages }) => !JSON.stringify(messages).includes('parseDuration')).length;
    onRequest = ({ messages, tools = [] }) => {
      if (!JSON.stringify(messages).includes('parseDuration') || !tools.some((tool) => tool.function.name === 'finish')) return undefined;
      started.process.kill(signal);
      return new Promise(() => undefined);
    };
    const ended = await started.ended;
    const paid = ofFirst();
    if (signal === 'SIGINT') {
      expect(ended.exitCode).toBe(130);
      expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'stopped', stopped: { code: 'FW_EVALUATION_INTERRUPTED' }, arms: [{ runs: 1, solved: 1 }], exitCode: 130 });
    }
    const [id = ''] = (await readdir(path.join(folder(), 'home/evaluations'))).filter((name) => !name.startsWith('.'));
    if (signal === 'SIGINT') expect(ended.stderr).toBe(`fw: stopped; what is judged is kept. Continue with: fw eval ${suite} --resume ${id}\n`);

    onRequest = () => undefined;
    const resumed = await fw('eval', suite, '--resume', id, '--output', 'json');
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(resumed.stdout)).toMatchObject({ id, status: 'complete', arms: [{ runs: 2, solved: 2 }] });
    expect(ofFirst()).toBe(paid);
  });

  it('is worked on by one process at a time', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    let release: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    const working = new Promise<void>((resolve) => { begun = resolve; });
    onRequest = () => {
      begun();
      return held;
    };
    const started = startFw(['eval', suite, '--model', 'openai/good', '--output', 'json'], { cwd: folder(), env: environment() });
    await working;
    const [id = ''] = (await readdir(path.join(folder(), 'home/evaluations'))).filter((name) => !name.startsWith('.'));
    expect(await fw('eval', suite, '--resume', id)).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('Another process works on') as string });
    release();
    expect(await started.ended).toMatchObject({ exitCode: 0 });
  });
});

describe('a provider that refuses the key', { timeout: 240_000 }, () => {
  it('stops the evaluation with exit code 6, and it goes on when the key is taken', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    refuse = true;
    const ended = await fw('eval', suite, '--model', 'openai/good', '--output', 'json');
    expect(ended.exitCode).toBe(6);
    const evaluation = JSON.parse(ended.stdout) as { readonly id: string };
    expect(evaluation).toMatchObject({ status: 'stopped', stopped: { exitCode: 6 }, arms: [{ runs: 0, solved: 0, passAt1: null, costPerSolvedNanoUsd: null }], exitCode: 6 });
    refuse = false;
    const resumed = await fw('eval', suite, '--resume', evaluation.id, '--output', 'json');
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'complete', arms: [{ runs: 1, solved: 1 }] });
  });
});

describe('a budget of the evaluation', { timeout: 240_000 }, () => {
  it('holds across its runs, stops it with exit code 5, and goes on when it is raised', async () => {
    const suite = await copySuite(folder(), 'feature-duration', 'edge-cases-chunk');
    await config('fw.json', { budgets: { evaluation: { tokens: 26_000 } } });
    const ended = await fw('eval', suite, '--config', 'fw.json', '--model', 'openai/good', '--concurrency', '1', '--output', 'json');
    expect(ended.exitCode).toBe(5);
    const evaluation = JSON.parse(ended.stdout) as { readonly id: string; readonly arms: readonly { readonly usage: { readonly inputTokens: number; readonly outputTokens: number } }[] };
    expect(evaluation).toMatchObject({ status: 'stopped', stopped: { code: 'FW_MODEL_BUDGET', exitCode: 5 } });
    const spent = server.received();
    await config('fw.json', { budgets: { evaluation: { tokens: 10_000_000 } } });
    const resumed = await fw('eval', suite, '--resume', evaluation.id, '--output', 'json');
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: 'complete', arms: [{ runs: 2, solved: 2 }] });
    expect(server.received()).toBeGreaterThan(spent);
    for (const [digest, times] of server.counts) expect([digest, times]).toEqual([digest, 1]);
    await config('fw.json', { agents: { developer: 'openai/bad' }, policy: { gates: { lint: 'off' } } });
    expect(await fw('eval', suite, '--resume', evaluation.id)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('only budgets may change') as string });
  });

  it('is another one than that of each run, which ends that run only', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    await config('fw.json', { budgets: { run: { tokens: 100 } } });
    const ended = await fw('eval', suite, '--config', 'fw.json', '--model', 'openai/good', '--output', 'json');
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'complete', arms: [{ runs: 1, solved: 0, unsolved: { FW_MODEL_BUDGET: 1 }, exitCodes: { 5: 1 } }] });
  });

  it('is not that of runs outside of an evaluation', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    await config('fw.json', { budgets: { evaluation: { tokens: 1 } } });
    const goal = (JSON.parse(await readFile(path.join(suite, 'tasks/feature-duration/task.json'), 'utf8')) as { readonly goal: string }).goal;
    expect(await fw('run', goal, '--workspace', path.join(suite, 'tasks/feature-duration/repository'), '--config', 'fw.json', '--model', 'openai/good', '--output', 'json')).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('a task that hangs', { timeout: 240_000 }, () => {
  it('ends by its time limit, not solved', async () => {
    const suite = await copySuite(folder(), 'feature-duration');
    const file = path.join(suite, 'tasks/feature-duration/task.json');
    await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), timeoutMs: 1_000 }));
    onRequest = () => new Promise(() => undefined);
    const ended = await fw('eval', suite, '--model', 'openai/good', '--output', 'json');
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'complete', arms: [{ runs: 1, solved: 0, unsolved: { FW_EVALUATION_TIMEOUT: 1 }, exitCodes: { 130: 1 }, tasks: [{ samples: [{ message: 'The time limit of 1 s has passed.' }] }] }] });
  });
});
