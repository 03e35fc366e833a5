// Runs inside the project's own playwright, copied into a folder of its own: it may import only from Node and its neighbour.
import { createSignedLines } from './signed-lines.ts';

interface PlaywrightError {
  readonly message?: string;
  readonly stack?: string;
  readonly value?: string;
  readonly location?: { readonly file: string };
}
interface PlaywrightTest {
  readonly retries: number;
  readonly expectedStatus: string;
  readonly location: { readonly file: string };
  /** `['', project, file, …suites, title]`. */
  titlePath(): readonly string[];
  outcome(): 'skipped' | 'expected' | 'unexpected' | 'flaky';
}
interface PlaywrightResult {
  readonly status: string;
  readonly retry: number;
  readonly duration: number;
  readonly errors: readonly PlaywrightError[];
}

/** Writes what playwright reports as one signed JSON line a test, at once, so that a killed run keeps what it had. */
export default class SignedReporter {
  readonly #write = createSignedLines();
  #projects = 1;

  onBegin(config: { readonly projects: readonly unknown[] }): void {
    this.#projects = config.projects.length;
    this.#write?.({ type: 'begin' });
  }

  onTestEnd(test: PlaywrightTest, result: PlaywrightResult): void {
    const again = result.status !== test.expectedStatus && result.status !== 'skipped' && result.status !== 'interrupted' && result.retry < test.retries;
    if (again) return;
    const [, project = '', , ...titles] = test.titlePath();
    const outcome = test.outcome();
    const failed = outcome === 'unexpected';
    const message = result.errors.map((error) => error.stack ?? error.message ?? error.value ?? '').join('\n').slice(0, 8_000);
    this.#write?.({
      type: 'case',
      file: test.location.file,
      path: this.#projects > 1 && project !== '' ? [project, ...titles] : titles,
      project,
      status: outcome === 'skipped' ? 'skipped' : !failed ? 'passed' : result.status === 'timedOut' ? 'timed-out' : 'failed',
      durationMs: Math.max(0, result.duration),
      ...(outcome === 'flaky' ? { flaky: true } : {}),
      ...(failed ? { message: message === '' ? `it was expected to be ${test.expectedStatus} and is ${result.status}` : message, failure: isAssertion(message) ? 'assertion' : 'error' } : {}),
    });
  }

  /** What is thrown outside of tests, such as a file that cannot be loaded. */
  onError(error: PlaywrightError): void {
    const message = (error.stack ?? error.message ?? error.value ?? '').slice(0, 8_000);
    this.#write?.({ type: error.location === undefined ? 'unhandled' : 'broken', file: error.location?.file, path: [], message });
  }

  onEnd(): void {
    this.#write?.({ type: 'end' });
  }

  printsToStdio(): boolean {
    return false;
  }
}

function isAssertion(message: string): boolean {
  // Colours, as terminals show them, may stand in between.
  return /^(\w*AssertionError|Error: (\u001b\[\d+m)*expect\()/.test(message.replace(/\u001b\[\d+m/g, ''));
}
