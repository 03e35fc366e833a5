import { join, relative, sep } from 'node:path';
import type ts from 'typescript';
import type { FoundSymbol, SymbolRequest } from './symbol-thread.ts';

export interface TypeErrorsOptions {
  readonly typescript: typeof ts;
  readonly service: ts.LanguageService;
  readonly root: string;
  readonly edits: NonNullable<SymbolRequest['edits']>;
  /** Lets these texts, by absolute path, stand for those on disk. */
  draft(texts: ReadonlyMap<string, string>): void;
}

/** Type errors of the edited files that they did not have before. */
export function newTypeErrors(options: TypeErrorsOptions): readonly FoundSymbol[] {
  const { root, edits, draft } = options;
  const read = (texts: ReadonlyMap<string, string>): readonly FoundSymbol[] => {
    draft(texts);
    return [...texts.keys()].flatMap((file) => errorsOf(options, file));
  };
  try {
    const before = read(new Map(edits.flatMap(({ path, before: text }) => (text === undefined ? [] : [[join(root, path), text]]))));
    const after = read(new Map(edits.map(({ path, after: text }) => [join(root, path), text])));
    return withoutKnown(after, before);
  } finally {
    draft(new Map());
  }
}

/** They move with the lines around them, so that only what they say counts. */
function withoutKnown(after: readonly FoundSymbol[], before: readonly FoundSymbol[]): readonly FoundSymbol[] {
  const known = new Map<string, number>();
  const keyOf = ({ file, what, text }: FoundSymbol): string => `${file} ${what} ${text}`;
  for (const one of before) known.set(keyOf(one), (known.get(keyOf(one)) ?? 0) + 1);
  return after.filter((one) => {
    const left = known.get(keyOf(one)) ?? 0;
    known.set(keyOf(one), left - 1);
    return left <= 0;
  });
}

/** A module or name that installed packages bring, an implicit any: where packages are not looked at these say nothing. */
const ofPackages = new Set([2503, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 2688, 2792, 2875, 2882, 7005, 7006, 7011, 7016, 7018, 7019, 7022, 7023, 7024, 7026, 7031, 7034, 7044, 7053]);
const moduleNotFound = 2307;

function errorsOf({ typescript, service, root }: TypeErrorsOptions, file: string): readonly FoundSymbol[] {
  const source = service.getProgram()?.getSourceFile(file);
  if (source === undefined) return [];
  return service.getSemanticDiagnostics(file).flatMap(({ category, code, start = 0, messageText }) => {
    const text = typescript.flattenDiagnosticMessageText(messageText, ' ').replace(/\s+/g, ' ').slice(0, 300).toWellFormed();
    const isOfPackage = ofPackages.has(code) || (code === moduleNotFound && !/'\.{1,2}\//.test(text));
    if (category !== typescript.DiagnosticCategory.Error || isOfPackage) return [];
    return [{ what: `TS${code}`, file: relative(root, file).split(sep).join('/'), at: start, line: source.getLineAndCharacterOfPosition(start).line + 1, text }];
  });
}
