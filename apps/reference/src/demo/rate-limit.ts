import { formatCount, formatDuration } from '../format.ts';
import { forAllAgents, scriptedProvider } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const requestsPerMinute = 300;
const refusal = {
  when: { tools: ['submit_analysis'], turn: 0, attempt: 1 },
  then: { error: { failure: 'rate-limit', message: 'HTTP 429, as this script was written to say', retryAfterMs: 700 } },
};

/** The model has a limit that the run would exceed, and the service refuses one request all the same. */
export const rateLimit: Scenario = {
  name: 'rate-limit',
  about: `The model may be asked ${String(requestsPerMinute)} times a minute, two at once; and its service refuses one request all the same.`,
  config: (script) => ({
    providers: { scripted: scriptedProvider({ ...script, replies: [refusal, ...script.replies] }) },
    models: { demo: { use: 'scripted/demo', limits: { requestsPerMinute, burst: 2 } } },
    agents: forAllAgents('demo'),
  }),
  describe(log) {
    const attempts = log.flatMap((line) => line.attempts ?? []);
    const waited = attempts.filter(({ waitedMs = 0 }) => waitedMs > 0);
    const waitedMs = waited.reduce((sum, attempt) => sum + (attempt.waitedMs ?? 0), 0);
    const refused = attempts.filter(({ failure }) => failure?.kind === 'rate-limit').length;
    return `${formatCount(attempts.length, 'request')} left, ${String(waited.length)} of them after waiting for room (${formatDuration(waitedMs)} in all): the limit held.\n`
      + `The service refused ${String(refused)}; after the time that it named the request was sent again, and the call was answered.\n`;
  },
};
