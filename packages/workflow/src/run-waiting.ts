import type { RunWaiting } from './engine.ts';
import type { RunRecord } from './journal-store.ts';

/** What a waiting run waits for, as its record has it. */
export function waitingOf(record: RunRecord): RunWaiting {
  const { paused, questions, wakeAt } = record;
  const names = questions.map((question) => question.name).join(', ');
  return {
    status: 'waiting',
    code: paused?.code ?? (questions.length > 0 ? 'FW_RUN_WAITING' : 'FW_RUN_SLEEPING'),
    message: paused?.message ?? (questions.length > 0 ? `The run waits for: ${names}.` : 'The run waits for a timer.'),
    questions,
    ...(wakeAt !== undefined && { wakeAt }),
  };
}
