import { describe } from 'vitest';
import { testBranches } from './engine-branches.ts';
import { testCancel } from './engine-cancel.ts';
import { testDeterminism } from './engine-determinism.ts';
import { openerOf } from './engine-harness.ts';
import type { EngineFactory } from './engine-harness.ts';
import { testHistory } from './engine-history.ts';
import { testProcesses } from './engine-processes.ts';
import { testSteps } from './engine-steps.ts';
import { testWaits } from './engine-waits.ts';

/** Vitest tests that every engine must pass. `create` gives a factory on an empty store each time. For real kills see `testEngineCrashes`. */
export function testEngine(name: string, create: () => EngineFactory | Promise<EngineFactory>): void {
  const open = openerOf(create);
  describe(`engine ${name}`, { timeout: 20_000 }, () => {
    testSteps(open);
    testBranches(open);
    testWaits(open);
    testCancel(open);
    testDeterminism(open);
    testProcesses(open);
    testHistory(open);
  });
}
