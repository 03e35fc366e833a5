import { configureGlobal } from 'fast-check';

/** Property tests try the same cases in each run; `FW_SEED=<number>` tries others. */
configureGlobal({ seed: Number(process.env['FW_SEED'] ?? 20_260_101) });
