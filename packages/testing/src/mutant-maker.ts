// Runs in the sandbox, copied into a folder of its own: it may import from Node alone. Stryker's instrumenter reads hostile
// code, and with it Babel, which looks for settings to run; neither may happen in the process that judges.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface Place {
  readonly line: number;
  readonly column: number;
}
interface Instrumenter {
  instrument(files: readonly object[], options: object): Promise<{ readonly mutants: readonly { readonly mutatorName: string; readonly replacement: string; readonly location: { readonly start: Place; readonly end: Place } }[] }>;
}

const [, , folder = '', output = ''] = process.argv;
const { files, exclude } = JSON.parse(readFileSync(0, 'utf8')) as {
  readonly files: readonly { readonly file: string; readonly content: string; readonly ranges: readonly { readonly from: number; readonly to: number }[] }[];
  readonly exclude: readonly string[];
};
process.chdir(dirname(fileURLToPath(import.meta.url)));
const { Instrumenter } = (await import(pathToFileURL(createRequire(import.meta.url).resolve(folder)).href)) as { readonly Instrumenter: new (logger: object) => Instrumenter };
const silent = new Proxy({}, { get: (_, name) => (String(name).startsWith('is') ? () => false : () => undefined) });

const made = [];
for (const [index, { file, content, ranges }] of files.entries()) {
  // A name at which no settings of Babel can lie.
  const name = `/nowhere/${index}${extname(file)}`;
  const mutate = ranges.map(({ from, to }) => ({ start: { line: from - 1, column: 0 }, end: { line: to - 1, column: Number.MAX_SAFE_INTEGER } }));
  try {
    const { mutants } = await new Instrumenter(silent).instrument([{ name, content, mutate }], { plugins: null, ignorers: [], excludedMutations: [], noHeader: true });
    // Comments of the code that tell Stryker to leave something out are not heeded.
    made.push({ file, mutants: mutants.filter(({ mutatorName }) => !exclude.includes(mutatorName)).map(({ mutatorName, replacement, location: { start, end } }) => ({ mutator: mutatorName, replacement, start, end })) });
  } catch (error) {
    made.push({ file, error: String((error as Error).message).slice(0, 500) });
  }
}
writeFileSync(output, JSON.stringify(made));
