import { declarationText, mostDefinitions, mostNames } from './declarations.ts';
import type { Definition, SourceSymbols } from './declarations.ts';

interface Language {
  readonly files: RegExp;
  /** Begins a comment that ends with its line. */
  readonly comment: '#' | '//';
  /** The first group is the name. */
  readonly declares: readonly RegExp[];
}

const words = String.raw`(?:(?:pub(?:\([^)]*\))?|public|protected|private|internal|static|final|abstract|async|sealed|open|override|virtual|data|partial|readonly|unsafe|extern|const|default|inline|suspend|fileprivate|case|implicit|lazy|external|operator|mutating) )*`;

const languages: readonly Language[] = [
  { files: /\.py$/, comment: '#', declares: [/^\s*(?:async )?(?:def|class) (\w+)/, /^([A-Z][A-Z0-9_]{2,})\s*(?::[^=]*)?=/] },
  { files: /\.rb$/, comment: '#', declares: [/^\s*def (?:self\.)?(\w+)/, /^\s*(?:class|module) (?:\w+::)*(\w+)/] },
  { files: /\.go$/, comment: '//', declares: [/^func (?:\([^)]*\) )?(\w+)/, /^(?:type|var|const) (\w+)/] },
  { files: /\.rs$/, comment: '//', declares: [new RegExp(String.raw`^\s*${words}(?:fn|struct|enum|trait|type|mod|union|static|const) (?:mut )?(\w+)`), /^\s*macro_rules! (\w+)/] },
  { files: /\.(kt|kts|scala|swift|php)$/, comment: '//', declares: [new RegExp(String.raw`^\s*${words}(?:fun|func|function|def|class|struct|enum|interface|object|protocol|trait|extension|typealias|namespace)(?: class)? (?:<[^>]*> )?&?(?:\w+(?:<[^>]*>)?\.)*(\w+)`)] },
  {
    files: /\.(java|cs)$/,
    comment: '//',
    declares: [new RegExp(String.raw`^\s*${words}(?:class|interface|enum|record|struct|@interface|namespace) ([\w.]+)`), /^\s+(?:(?:public|protected|private|internal|static|final|abstract|async|override|virtual|synchronized|default|sealed) ?)+(?:<[^>]*> )?[\w<>[\],.?]+ (\w+)\s*\(/],
  },
  {
    files: /\.(c|h|cc|cpp|cxx|hpp|hh)$/,
    comment: '//',
    declares: [/^\s*(?:typedef )?(?:struct|class|enum class|enum|union|namespace) (\w+)[^;]*$/, /^#\s*define (\w+)/, /^(?!return|else|using|typedef|#)[A-Za-z_][\w:<>,*&]*(?: [\w:<>,*&]+){0,6} [*&]*(?:\w+::)*~?(\w+)\([^;]*$/],
  },
];

const longestLine = 300;

/** Declarations and names of a language by patterns on its lines: good enough for a map. Comments and strings are left out. */
export function lineSymbols(file: string, text: string): SourceSymbols {
  const language = languages.find(({ files }) => files.test(file));
  const definitions: Definition[] = [];
  const references = new Map<string, number>();
  if (language === undefined) return { definitions, references };
  const open: OpenText = { until: undefined };
  for (const [index, line] of text.split('\n').entries()) {
    if (line.length > longestLine) continue;
    const code = codeOf(line, language, open);
    const name = declaredName(code, language);
    if (name !== undefined && definitions.length < mostDefinitions) definitions.push({ name, line: index + 1, text: declarationText(line), isOuter: !/^\s/.test(line) });
    for (const [found] of code.matchAll(/[A-Za-z_]\w{2,}/g)) {
      if (found !== name && (references.has(found) || references.size < mostNames)) references.set(found, (references.get(found) ?? 0) + 1);
    }
  }
  return { definitions, references };
}

function declaredName(code: string, { declares }: Language): string | undefined {
  for (const pattern of declares) {
    const name = pattern.exec(code)?.[1];
    if (name !== undefined && !['if', 'for', 'while', 'switch', 'catch', 'return'].includes(name)) return name.slice(name.lastIndexOf('.') + 1);
  }
  return undefined;
}

/** A comment or string that goes on over lines. */
interface OpenText {
  until: '*/' | '"""' | "'''" | undefined;
}

/** To the end of a string. */
const doubleQuoted = /^(?:[^\\"]|\\.)*"/;
const singleQuoted = /^(?:[^\\']|\\.)*'/;

function codeOf(line: string, { comment }: Language, open: OpenText): string {
  let rest = line;
  let code = '';
  for (;;) {
    if (open.until !== undefined) {
      const end = rest.indexOf(open.until);
      if (end === -1) return code;
      rest = rest.slice(end + open.until.length);
      open.until = undefined;
    }
    const begins = (comment === '#' ? /#|"""|'''|"|'/ : /\/\/|\/\*|"|'/).exec(rest);
    if (begins === null) return code + rest;
    const [mark] = begins;
    code += rest.slice(0, begins.index);
    rest = rest.slice(begins.index + mark.length);
    if (mark === comment) return code;
    if (mark === '/*') open.until = '*/';
    else if (mark === '"""' || mark === "'''") open.until = mark;
    else {
      // A quote that does not close is none, as in a lifetime of Rust.
      const end = (mark === '"' ? doubleQuoted : singleQuoted).exec(rest);
      if (end !== null) rest = rest.slice(end[0].length);
    }
  }
}
