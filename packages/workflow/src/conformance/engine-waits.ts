import { expect, test } from 'vitest';
import type { Json } from '@fw/agents-core';
import { start, until } from './engine-harness.ts';
import type { OpenEngines, Work } from './engine-harness.ts';

/** Timers and signals. */
export function testWaits(open: OpenEngines): void {
  test('sleep lasts its time, also across processes, and waitFor gives undefined when its time is over', async () => {
    const connect = await open();
    const began = Date.now();
    const seen: unknown[] = [];
    const work: Work = async (context) => {
      await context.sleep(1_500);
      seen.push(await context.waitFor('nobody', { timeoutMs: 5 }));
    };
    const first = await connect(work);
    expect(await (await start(first)).settled()).toMatchObject({ status: 'waiting', code: 'FW_RUN_SLEEPING' });
    await first.close();
    const run = await (await connect(work)).watch('r');
    expect(await run.result()).toMatchObject({ status: 'success' });
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_499);
    expect(seen).toEqual([undefined]);
  });

  test('a signal is taken before, while and after the run waits for it, in another process too; a second one is refused', async () => {
    const connect = await open();
    const answers: Json[] = [];
    const work: Work = async (context) => {
      const asked = [await context.waitFor<string>('early'), await context.waitFor<string>('asked', { question: 'really?' })];
      await context.step('note', () => { answers.push(...asked.map((answer) => answer ?? null)); return 1; });
    };
    const first = await connect(work);
    const run = await start(first);
    await run.signal('early', 'one');
    await expect(run.signal('early', 'two')).rejects.toMatchObject({ code: 'FW_SIGNAL_ANSWERED' });
    await until(async () => {
      const waiting = await run.settled();
      return waiting.status === 'waiting' && waiting.questions.some((question) => question.name === 'asked' && question.question === 'really?');
    });
    await first.close();
    const second = await connect(work);
    const again = await second.watch('r');
    const answered = await Promise.allSettled([again.signal('asked', 'three'), again.signal('asked', 'four')]);
    expect(answered.filter((answer) => answer.status === 'rejected').map((answer) => (answer.reason as { code: string }).code)).toEqual(['FW_SIGNAL_ANSWERED']);
    expect(await again.result()).toMatchObject({ status: 'success' });
    expect(answers).toEqual(['one', answered[0].status === 'fulfilled' ? 'three' : 'four']);
    await expect(again.signal('asked', 'five')).rejects.toMatchObject({ code: 'FW_SIGNAL_ANSWERED' });
  });
}
