import { Worker } from 'node:worker_threads';
import { withZod } from '@fw/agents-core/with-zod';

const deadlineMs = 10_000;
const answers = withZod((z) => z.array(z.union([z.string(), z.null()])));

/**
 * What Node's own parser of TypeScript says against each text; undefined where it says nothing, breaks or takes too
 * long. It runs in a thread of its own, because code that is nested too deep breaks it for good.
 */
export function scriptErrors(language: 'typescript' | 'javascript', texts: readonly string[]): Promise<readonly (string | undefined)[]> {
  return new Promise((resolve) => {
    const worker = new Worker(script, { eval: true, execArgv: ['--disable-warning=ExperimentalWarning'], workerData: { language, texts }, env: {}, resourceLimits: { maxOldGenerationSizeMb: 512 }, stdout: true, stderr: true });
    const end = (errors: readonly (string | null)[]): void => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(texts.map((_, index) => errors[index] ?? undefined));
    };
    const timer = setTimeout(() => end([]), deadlineMs);
    worker.on('message', (message: unknown) => end(answers.safeParse(message).data ?? []));
    worker.on('error', () => end([]));
    worker.on('exit', () => end([]));
  });
}

// JSX and Flow are written into .js files too, and no parser for them is at hand. CommonJS may have a return at its
// top, and old scripts have what TypeScript does not know: what a function body may hold is no error either.
const script = String.raw`
const { stripTypeScriptTypes } = require('node:module');
const { Script } = require('node:vm');
const { parentPort, workerData } = require('node:worker_threads');
const isScript = (code) => {
  try { new Script('(function () {' + code.replace(/^#![^\n]*/, '') + '\n})'); return true; } catch { return false; }
};
const errorIn = (text) => {
  const code = text.replace(/^\uFEFF/, '');
  try {
    stripTypeScriptTypes(code, { mode: 'transform' });
    return null;
  } catch (error) {
    if (error.code !== 'ERR_INVALID_TYPESCRIPT_SYNTAX') return null;
    if (workerData.language === 'javascript' && (/<\/|\/>|@flow/.test(code) || isScript(code))) return null;
    // The parser names the line at the head of the stack only.
    const line = /^[^\n]*:(\d+)\n/.exec(error.stack || '');
    return (line ? 'line ' + line[1] + ': ' : '') + error.message.replaceAll(/\s*\n\s*/g, ' ').slice(0, 300);
  }
};
parentPort.postMessage(workerData.texts.map(errorIn));`;
