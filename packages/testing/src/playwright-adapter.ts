import { join } from 'node:path';
import { withZod } from '@fw/agents-core/with-zod';
import { relativeFile } from './case-id.ts';
import { parseCaseEvents } from './parse-case-events.ts';
import { parseJson } from './parse-json.ts';
import { installBrowsers } from './playwright-browsers.ts';
import { readEventFiles } from './read-event-files.ts';
import { addReporter } from './reporter-tool.ts';
import { keepWords, namePattern, splitLauncher, toCommand, toWord } from './runner-adapter.ts';
import type { CommandResults, RunnerAdapter } from './runner-adapter.ts';

const withValue = ['-c', '--config', '-g', '--grep', '--grep-invert', '-j', '--workers', '--project', '--retries', '--repeat-each', '--reporter', '--shard', '--timeout', '--global-timeout', '--max-failures', '--output', '--trace', '--tsconfig', '--update-snapshots'];
const drop = /^(--reporter|--ui|--debug|--headed|--list|-x$|--max-failures|--last-failed|--only-changed|--pass-with-no-tests|--update-snapshots|-u$)/;

/** `playwright test`, by a reporter of ours that writes line by line, in the browser that this machine has. */
export const playwrightAdapter: RunnerAdapter = {
  packages: ['@playwright/test', 'playwright-core'],
  async build(command, request) {
    const [start, rest] = splitLauncher(command.words, 'playwright');
    const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: ['test'] });
    const own = [`--reporter=${await addReporter(request.folder, 'playwright-reporter')}`];
    if (request.names.length > 0) own.push(`--grep=${namePattern(request.names)}`);
    const files = request.files.map((file) => `${namePattern([file])}$`);
    const { env, readable } = await installBrowsers(request);
    return { command: toCommand([...start, ...kept, ...[...own, ...files].map(toWord)]), env: { ...command.env, ...env, FW_TEST_RESULTS: request.folder.path }, stdin: request.folder.secrets, readable };
  },
  async read(request) {
    const results = withoutBrowser(await readEventFiles(request, parseCaseEvents, 'playwright'));
    return request.coverage ? { ...results, coverage: { status: 'unavailable', reason: 'coverage of pages in a browser is not measured' } } : results;
  },
  list(command) {
    const [start, rest] = splitLauncher(command.words, 'playwright');
    const kept = keepWords(rest, { drop, withValue, keepFiles: true, subcommands: ['test'] });
    return Promise.resolve({ command: toCommand([...start, ...kept, ...['--list', '--reporter=json'].map(toWord)]), env: { ...command.env, PLAYWRIGHT_JSON_OUTPUT_FILE: '{list}' } });
  },
  parseList(text, root) {
    const listed = listSchema.safeParse(parseJson(text)).data;
    return (listed?.suites ?? []).map(({ file, title }) => ({ file: relativeFile(root, join(listed?.config.rootDir ?? root, file)), project: title }));
  },
};

const listSchema = withZod((z) => z.object({ config: z.object({ rootDir: z.string() }), suites: z.array(z.object({ file: z.string(), title: z.string().default('') })) }));

/** A browser that is not there says nothing about the code. */
function withoutBrowser(results: CommandResults): CommandResults {
  const bad = results.parsed.cases.filter((test) => test.status !== 'passed' && test.status !== 'skipped');
  const isMissing = (message: string | undefined): boolean => message?.includes("Executable doesn't exist") === true;
  if (bad.length === 0 || !bad.every((test) => isMissing(test.message))) return results;
  return { ...results, parsed: { status: 'unusable', reason: 'a browser that its tests need is not installed; install Chromium, or run "npx playwright install"', cases: [] } };
}
