import { forAllAgents, scriptedProvider } from './scenario.ts';
import type { Scenario } from './scenario.ts';

/** The model makes a mistake, which the gate catches; it is sent back with the evidence and succeeds. */
export const revise: Scenario = {
  name: 'revise',
  about: 'The script makes a mistake, which the gate catches; it is sent back with the evidence.',
  config: (script) => ({ providers: { scripted: scriptedProvider(script) }, agents: forAllAgents('scripted/demo') }),
  describe: () => '',
};
