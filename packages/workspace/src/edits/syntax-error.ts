import { scriptErrors } from './script-errors.ts';

/**
 * What a parser says against a file's new text when it had nothing against the old one (`before`; undefined for a new
 * file); undefined where all is well or no parser is at hand. JSON, JavaScript and TypeScript are parsed, never run.
 */
export async function newSyntaxError(file: string, before: string | undefined, after: string): Promise<string | undefined> {
  const parse = parsers.find(({ files }) => files.test(file))?.parse;
  if (parse === undefined || after.length > maxCharacters || (before ?? '').length > maxCharacters) return undefined;
  const old = before === undefined || before.trim() === '' ? [] : [before];
  const [error, oldError] = await parse(file, [after, ...old]);
  return oldError === undefined ? error : undefined;
}

const maxCharacters = 1_000_000;

interface Parser {
  readonly files: RegExp;
  /** The error in each text. */
  parse(file: string, texts: readonly string[]): Promise<readonly (string | undefined)[]> | readonly (string | undefined)[];
}

const parsers: readonly Parser[] = [
  { files: /(^|\/)(package|package-lock|composer)\.json$/, parse: (_file, texts) => texts.map(jsonError) },
  { files: /\.json$/, parse: (_file, texts) => texts.map((text) => (jsonError(text) === undefined ? undefined : jsonError(withoutComments(text)))) },
  { files: /(?<!\.d)\.[cm]?ts$/, parse: (_file, texts) => scriptErrors('typescript', texts) },
  { files: /\.[cm]?js$/, parse: (_file, texts) => scriptErrors('javascript', texts) },
];

function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return undefined;
  } catch (error) {
    return (error as Error).message.slice(0, 300);
  }
}

/** Tools read their settings with comments and commas before a closing bracket; blanks keep every place where it is. */
function withoutComments(text: string): string {
  const blank = (part: string): string => part.replaceAll(/[^\n]/g, ' ');
  return text
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[^]*?\*\//g, (part) => (part.startsWith('"') ? part : blank(part)))
    .replaceAll(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[\]}])/g, (part) => (part === ',' ? ' ' : part));
}
