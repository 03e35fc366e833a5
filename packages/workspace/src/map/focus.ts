/** What a map is drawn around. */
export interface Focus {
  /** Those that are written as code is, e.g. `addPrices`, `MAX_SIZE` or `add()`. */
  readonly names: ReadonlySet<string>;
  /** In small letters, without endings. */
  readonly words: ReadonlySet<string>;
  /** Relative, with `/`. */
  readonly files: ReadonlySet<string>;
}

const common = new Set(
  'the and for with that this from has have had not are was were will should must shall can may when where which what who how why into onto its than then them they their there here use uses used using add adds added new old all any each every some one two also only just get gets set sets give gives given make makes made take takes show shows let lets but out our your you more less most least very test tests file files code work works task without within after before because does done'.split(' '),
);

/** The names, words and files that texts mention. */
export function readFocus(texts: readonly string[]): Focus {
  const names = new Set<string>();
  const words = new Set<string>();
  const files = new Set<string>();
  for (const text of texts) {
    for (const [path] of text.matchAll(/(?<![\w@.-])(?:[\w@.-]+(?:[/\\][\w@.-]+)+|[\w-]+\.[A-Za-z]{1,5}\b)/g)) files.add(path.replaceAll('\\', '/').replace(/^(\.\/)+/, '').replace(/\.$/, ''));
    for (const { 0: name, index } of text.matchAll(/[\p{L}_$][\p{L}\p{N}_$]{2,}/gu)) {
      const isCode = /\p{Ll}\p{Lu}|[_$\p{N}]/u.test(name) || text[index + name.length] === '(' || (text[index - 1] === '`' && text[index + name.length] === '`');
      if (isCode) names.add(name);
      for (const word of wordsOf(name)) words.add(word);
    }
  }
  return { names: some(names), words: some(words), files: some(files) };
}

/** A text that mentions more means nothing in particular. */
function some(all: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...all].slice(0, 500));
}

/** The words that a name is made of: `parseDurations` has parse and duration. */
export function wordsOf(name: string): readonly string[] {
  const parts = name.replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2').replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2').split(/[^\p{L}\p{N}]+/u);
  return parts.map((part) => part.toLowerCase()).filter((part) => part.length > 2 && !common.has(part)).map((part) => part.replace(/(?<=..)(?:ies|es|s)$/, ''));
}
