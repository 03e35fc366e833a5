import { stripTypeScriptTypes } from 'node:module';
import { Script } from 'node:vm';

/**
 * What a parser says against a file's new text when it had nothing against the old one (`before`; undefined for a new
 * file); undefined where all is well or no parser is at hand. JSON, JavaScript and TypeScript are parsed, never run.
 */
export function newSyntaxError(file: string, before: string | undefined, after: string): string | undefined {
  const parse = parsers.find(({ files }) => files.test(file))?.parse;
  if (parse === undefined || after.length > maxCharacters || (before ?? '').length > maxCharacters) return undefined;
  const error = parse(file, after);
  if (error === undefined || (before !== undefined && before.trim() !== '' && parse(file, before) !== undefined)) return undefined;
  return error;
}

const maxCharacters = 1_000_000;

const parsers: readonly { readonly files: RegExp; parse(file: string, text: string): string | undefined }[] = [
  { files: /(^|\/)(package|package-lock|composer)\.json$/, parse: (_file, text) => jsonError(text) },
  { files: /\.json$/, parse: (_file, text) => (jsonError(text) === undefined ? undefined : jsonError(withoutComments(text))) },
  { files: /(?<!\.d)\.[cm]?ts$|\.[cm]?js$/, parse: scriptError },
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

function scriptError(file: string, text: string): string | undefined {
  const code = text.replace(/^\uFEFF/, '');
  try {
    // Of the same parser that runs TypeScript in Node; JavaScript is nearly always TypeScript as well.
    stripTypeScriptTypes(code, { mode: 'transform' });
    return undefined;
  } catch (error) {
    if (/\.[cm]?js$/.test(file)) {
      // JSX and Flow are written into .js files too, and no parser for them is at hand.
      if (/<\/|\/>|@flow/.test(code) || isScript(code)) return undefined;
    }
    const { message, stack } = error as Error;
    // The parser names the line at the head of the stack only.
    const line = /^[^\n]*:(\d+)\n/.exec(stack ?? '')?.[1];
    return `${line === undefined ? '' : `line ${line}: `}${message.replaceAll(/\s*\n\s*/g, ' ').slice(0, 300)}`;
  }
}

/** As a script of old or a CommonJS module: `with`, octal numbers, a return at the top. */
function isScript(code: string): boolean {
  try {
    new Script(`(function () {${code.replace(/^#![^\n]*/, '')}\n})`);
    return true;
  } catch {
    return false;
  }
}
