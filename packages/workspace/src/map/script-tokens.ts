/** One token of JavaScript or TypeScript. Punctuation is a character each, a literal's value that of a short string; what stands in comments is no token. */
export interface Token {
  readonly type: 'name' | 'literal' | 'punctuation';
  readonly value: string;
  /** 1-based. */
  readonly line: number;
}

/** After these a slash begins a regular expression. */
const beforeExpression = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'do', 'else', 'yield', 'await', 'instanceof']);
const nameStart = /[\p{ID_Start}$_]/u;
const name = /[\p{ID_Continue}$\u200c\u200d]+/uy;
const number = /[\w.]+/y;

/**
 * The tokens of a text that need not be correct: a string ends with its line at the latest, and what cannot be told
 * apart without a parser (a division after a block, text in JSX) is guessed. Takes time in proportion to the length.
 */
export function scriptTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  /** Open braces; true for one in a template. */
  const braces: boolean[] = [];
  let line = 1;
  let at = 0;
  const push = (type: Token['type'], value: string): void => void tokens.push({ type, value, line });
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? '';
  };
  const skipTo = (end: number): void => {
    for (; at < end; at += 1) if (text.charCodeAt(at) === 10) line += 1;
  };

  while (at < text.length) {
    const character = text[at] as string;
    if (character === '\n') skipTo(at + 1);
    else if (character <= ' ') at += 1;
    else if (text.startsWith('//', at)) skipTo(endOf(text, '\n', at));
    else if (text.startsWith('/*', at)) skipTo(Math.min(text.length, endOf(text, '*/', at + 2) + 2));
    else if (character === '"' || character === "'") {
      const end = endOfString(text, at);
      push('literal', end - at < 300 ? text.slice(at + 1, end - 1) : '');
      at = end;
    } else if (character === '`' || (character === '}' && braces.at(-1) === true)) {
      if (character === '}') braces.pop();
      push('literal', '');
      const end = endOfTemplate(text, at + 1);
      if (end.opens) braces.push(true);
      skipTo(end.at);
    } else if (character === '/' && beginsExpression(tokens.at(-1)) && endOfExpression(text, at) > 0) {
      push('literal', '');
      at = endOfExpression(text, at);
    } else if (character >= '0' && character <= '9') {
      push('literal', '');
      at += match(number).length;
    } else if (nameStart.test(String.fromCodePoint(text.codePointAt(at) ?? 0))) {
      const value = match(name);
      push('name', value);
      at += Math.max(1, value.length);
    } else {
      if (character === '{') braces.push(false);
      else if (character === '}') braces.pop();
      push('punctuation', character);
      at += 1;
    }
  }
  return tokens;
}

function endOf(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found === -1 ? text.length : found;
}

function endOfString(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\' && text[at + 1] !== '\n') at += 1;
    else if (text[at] === quote) return at + 1;
    else if (text[at] === '\n') return at;
  }
  return text.length;
}

/** Behind the closing backtick, or behind `${`. */
function endOfTemplate(text: string, start: number): { readonly at: number; readonly opens: boolean } {
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return { at: at + 1, opens: false };
    else if (text[at] === '$' && text[at + 1] === '{') return { at: at + 2, opens: true };
  }
  return { at: text.length, opens: false };
}

function beginsExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.type === 'name') return beforeExpression.has(before.value);
  return before.type === 'punctuation' && ![')', ']', '}'].includes(before.value);
}

/** One that is longer is no regular expression, and looking for its end again and again would take too long. */
const longestExpression = 500;

/** Behind a regular expression; 0 when it does not end on its line. */
function endOfExpression(text: string, start: number): number {
  let isClass = false;
  for (let at = start + 1; at < Math.min(text.length, start + longestExpression); at += 1) {
    const character = text[at];
    if (character === '\n') return 0;
    if (character === '\\') at += 1;
    else if (character === '[') isClass = true;
    else if (character === ']') isClass = false;
    else if (character === '/' && !isClass) return at + 1;
  }
  return 0;
}
