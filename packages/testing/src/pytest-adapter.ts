import { parseCaseEvents } from './parse-case-events.ts';
import { pytestReporter } from './pytest-reporter.ts';
import { readEventFiles } from './read-event-files.ts';
import { keepWords, splitLauncher, toCommand, toWord } from './runner-adapter.ts';
import type { RunnerAdapter } from './runner-adapter.ts';

const withValue = ['-k', '-m', '-p', '-c', '-o', '-W', '-n', '--rootdir', '--maxfail', '--tb', '--junitxml', '--junit-xml', '--cov', '--cov-report', '--ignore', '--durations'];
const drop = /^(--junit-?xml|--cov|-x$|--exitfirst|--maxfail|--lf$|--ff$|--last-failed|--collect-only|--co$)/;

/** pytest, by a plugin of ours that writes line by line. */
export const pytestAdapter: RunnerAdapter = {
  packages: [],
  async build(command, request) {
    const [start, rest] = splitLauncher(command.words, 'pytest');
    const kept = keepWords(rest, { drop, withValue, keepFiles: request.files.length === 0, subcommands: [] });
    await request.folder.addTool('fw_reporter.py', pytestReporter);
    const own = ['-p', 'fw_reporter', '-p', 'no:cacheprovider'];
    if (request.names.length > 0) own.push('-k', request.names.map((name) => name.replace(/[^\w]+/g, ' and ')).join(' or '));
    const path = [request.folder.tools, command.env['PYTHONPATH']].filter((part) => part !== undefined && part !== '').join(':');
    const env = { ...command.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1', FW_TEST_RESULTS: request.folder.path };
    return { command: toCommand([...start, ...kept, ...[...own, ...request.files].map(toWord)]), env, stdin: request.folder.secrets };
  },
  async read(request) {
    const results = await readEventFiles(request, parseCaseEvents, 'pytest');
    return request.coverage ? { ...results, coverage: { status: 'unavailable', reason: 'coverage of pytest is not read' } } : results;
  },
};
