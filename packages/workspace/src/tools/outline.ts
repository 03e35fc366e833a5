import { firstCharacters } from './cut-text.ts';

/** Lines of a source or Markdown file that declare something, with their numbers. */
export function outline(file: string, lines: readonly string[]): readonly string[] {
  const pattern = patterns.find(({ files }) => files.test(file))?.lines;
  if (pattern === undefined) return [];
  return lines.flatMap((line, index) => (line.length < 500 && pattern.test(line) ? [`${index + 1}\t${line.length > 160 ? `${firstCharacters(line, 160)}…` : line}`] : []));
}

const patterns: readonly { readonly files: RegExp; readonly lines: RegExp }[] = [
  {
    files: /\.[cm]?[jt]sx?$/,
    lines:
      /^\s{0,4}(export |declare |default |abstract )*(async )?(function\b|class\b|interface\b|enum\b|namespace\b|type \w+|const \w+ ?[:=]|(describe|it|test)\()|^ {2,4}((public|private|protected|static|async|get|set) )*#?(?!(if|for|while|switch|catch|return|await|throw|new)\b)\w+\([^;]*\{$/,
  },
  { files: /\.py$/, lines: /^\s*(async def|def|class)\s/ },
  {
    files: /\.(go|rs|java|kt|cs|swift|php|rb|c|h|cc|cpp|hpp)$/,
    lines:
      /^\s{0,4}(pub(\(\w+\))? |public |private |protected |internal |static |async |abstract |final |export )*(func|fn|def|class|struct|enum|trait|impl|interface|module|type|namespace)\s/,
  },
  { files: /\.mdx?$/, lines: /^#{1,6}\s/ },
];
