import { describe, expect, it } from 'vitest';
import { createAgentLife } from '../src/index.ts';
import type { Agent } from '../src/index.ts';
import { createTestContext } from '../src/test-context.ts';

const host = { config: {}, log: () => {} };

function watched(more: Partial<Agent> = {}): { readonly agent: Agent; readonly log: string[] } {
  const log: string[] = [];
  const agent: Agent = {
    specVersion: 1, name: 'a', capabilities: ['plan'],
    initialize: async () => void log.push('initialize'),
    process: async () => (log.push('process'), { status: 'done', artifacts: [] }),
    cleanup: async (reason) => void log.push(`cleanup ${reason}`),
    ...more,
  };
  return { agent, log };
}

describe('the life of an agent in a run', () => {
  it('initializes and cleans up once, however often it is asked to', async () => {
    const { agent, log } = watched();
    const life = createAgentLife(agent);
    await Promise.all([life.initialize(host), life.initialize(host)]);
    await life.initialize(host);
    expect(life.state).toBe('ready');
    await life.process(createTestContext());
    await life.process(createTestContext());
    expect(life.state).toBe('done');
    await Promise.all([life.cleanup('done'), life.cleanup('failed')]);
    await life.cleanup('cancelled');
    expect(life.state).toBe('disposed');
    expect(log).toEqual(['initialize', 'process', 'process', 'cleanup done']);
  });

  it('refuses what is not possible with a code', async () => {
    const refused = { code: 'FW_AGENT_LIFECYCLE' };
    const life = createAgentLife(watched().agent);
    await expect(life.process(createTestContext())).rejects.toMatchObject(refused);
    expect(() => life.move('wait')).toThrow(expect.objectContaining(refused));
    await life.initialize(host);
    const working = life.process(createTestContext());
    const second = life.process(createTestContext());
    life.move('wait');
    expect(life.state).toBe('waiting');
    life.move('resume');
    await expect(second).rejects.toMatchObject(refused);
    await working;
    await life.cleanup('done');
    await expect(life.process(createTestContext())).rejects.toMatchObject(refused);
    await expect(createAgentLife(watched().agent).cleanup('done').then(() => 'clean')).resolves.toBe('clean');
    const disposed = createAgentLife(watched().agent);
    await disposed.cleanup('done');
    await expect(disposed.initialize(host)).rejects.toMatchObject(refused);
  });

  it('is failed when it cannot begin, throws or gives what is no result, and can then only be cleaned up', async () => {
    const broken = createAgentLife(watched({ initialize: async () => { throw new Error('no'); } }).agent);
    await expect(broken.initialize(host)).rejects.toThrow('no');
    await expect(broken.initialize(host)).rejects.toThrow('no');
    expect(broken.state).toBe('failed');
    for (const process of [async () => { throw new Error('x'); }, async () => ({ status: 'odd' })]) {
      const life = createAgentLife(watched({ process: process as never }).agent);
      await life.initialize(host);
      await expect(life.process(createTestContext())).rejects.toThrow();
      expect(life.state).toBe('failed');
      await life.cleanup('failed');
      expect(life.state).toBe('disposed');
    }
  });

  it('does not clean up what never began, and waits for a beginning that is under way', async () => {
    const never = watched();
    await createAgentLife(never.agent).cleanup('cancelled');
    expect(never.log).toEqual([]);
    let begin = (): void => {};
    const slow = watched({ initialize: () => new Promise((done) => { begin = done; }) });
    const life = createAgentLife(slow.agent);
    const beginning = life.initialize(host);
    const cleaning = life.cleanup('cancelled');
    expect(slow.log).toEqual([]);
    begin();
    await Promise.all([beginning, cleaning]);
    expect(slow.log).toEqual(['cleanup cancelled']);
    expect(life.state).toBe('disposed');
  });

  it('stays disposed when its work ends after it was cleaned up', async () => {
    let end = (): void => {};
    const life = createAgentLife(watched({ process: () => new Promise((done) => { end = () => done({ status: 'done', artifacts: [] }); }) }).agent);
    await life.initialize(host);
    const working = life.process(createTestContext());
    await life.cleanup('cancelled');
    end();
    expect((await working).status).toBe('done');
    expect(life.state).toBe('disposed');
  });
});
