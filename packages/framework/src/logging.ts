import path from 'node:path';
import { pino } from 'pino';
import type { JournalEntry } from '@fw/workflow';
import { placeEntry } from './run-projection.ts';

/** The log of one run: a listener on its journal that holds no content, only what happened where. */
export interface RunLog {
  entry(entry: JournalEntry): void;
  close(): Promise<void>;
}

/** Writes `log.ndjson` into the run's folder, each line with run, state, agent and step. */
export function createRunLog(folder: string, run: string): RunLog {
  const destination = pino.destination({ dest: path.join(folder, 'log.ndjson'), sync: false, mkdir: true });
  const logger = pino({ base: { run } }, destination);
  return {
    entry(entry) {
      const { state, visit, agent, step } = placeEntry(entry, undefined);
      const place = { state, visit, agent, step, seq: entry.seq, kind: entry.kind, origin: entry.origin, attempt: entry.attempt };
      if (entry.error) logger.warn({ ...place, code: entry.error.code }, 'step failed');
      else logger.info(place, 'step settled');
    },
    close: () => new Promise((resolve) => {
      destination.once('close', resolve);
      destination.once('error', () => resolve());
      destination.end();
    }),
  };
}
