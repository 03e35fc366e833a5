export interface Word {
  /** As written in the script. */
  readonly raw: string;
  /** Without quotes. */
  readonly value: string;
  /** False when only a shell knows what it means: a glob, a variable. */
  readonly plain: boolean;
}

/**
 * Splits a script at `&&`, `;` and line ends. A script with pipes, redirections, `||`, `&` or sub-shells is one piece,
 * because its parts do not stand alone.
 */
export function splitScript(script: string): readonly string[] {
  const parts: string[] = [];
  let quote = '';
  let start = 0;
  for (let at = 0; at < script.length; at++) {
    const char = script.charAt(at);
    if (char === '\\' && quote !== "'") {
      at++;
    } else if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") {
      quote = char;
    } else if (char === ';' || char === '\n' || script.startsWith('&&', at)) {
      parts.push(script.slice(start, at));
      if (char === '&') at++;
      start = at + 1;
    } else if ('|&<>()`'.includes(char)) {
      return [script.trim()];
    }
  }
  parts.push(script.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** Reads one piece of a script as words; undefined when it is more than a simple command. */
export function parseWords(piece: string): readonly Word[] | undefined {
  const words: Word[] = [];
  let raw = '';
  let value = '';
  let plain = true;
  let quote = '';
  const finish = (): void => {
    if (raw !== '') words.push({ raw, value, plain });
    raw = '';
    value = '';
    plain = true;
  };
  for (let at = 0; at < piece.length; at++) {
    const char = piece.charAt(at);
    if (quote === '' && /\s/.test(char)) {
      finish();
      continue;
    }
    if (quote === '' && '|&;<>()`'.includes(char)) return undefined;
    raw += char;
    if (char === '\\' && quote !== "'") {
      at++;
      raw += piece.charAt(at);
      value += piece.charAt(at);
    } else if (quote !== '' && char === quote) {
      quote = '';
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
    } else {
      value += char;
      if (quote === '' ? '*?[]{}~$!#'.includes(char) : quote === '"' && '$`'.includes(char)) plain = false;
    }
  }
  if (quote !== '') return undefined;
  finish();
  return words;
}

/** A word that stands for itself in a shell. */
export function quoteWord(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
