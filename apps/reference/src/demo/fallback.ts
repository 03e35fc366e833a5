import { forAllAgents, scriptedProvider } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const outage = { version: 1 as const, replies: [{ then: { error: { failure: 'server', message: 'HTTP 500, as this script was written to say' } } }] };

/** The first model is out of service; each call is answered by the second. */
export const fallback: Scenario = {
  name: 'fallback',
  about: 'The first model is out of service for the whole run; a second one stands in for it.',
  config: (script) => ({
    providers: { first: scriptedProvider(outage), second: scriptedProvider(script) },
    models: { demo: { use: 'first/demo', fallback: ['second/demo'] } },
    agents: forAllAgents('demo'),
  }),
  describe(log) {
    const calls = log.flatMap(({ attempts }) => (attempts === undefined ? [] : [attempts]));
    const failed = calls.flat().filter(({ model, failure, sent }) => model.startsWith('first/') && failure !== undefined && sent !== false).length;
    const alone = calls.filter((attempts) => !attempts.some(({ model, sent }) => model.startsWith('first/') && sent !== false)).length;
    const answered = calls.filter((attempts) => attempts.at(-1)?.model.startsWith('second/') === true).length;
    return `first/demo was asked ${String(failed)} times and answered with a server error each time; then its breaker was open and it was left alone in ${String(alone)} calls.\n`
      + `second/demo answered ${String(answered)} of ${String(calls.length)} calls.\n`;
  },
};
