import { harm } from './taint.ts';

/** Texts that do harm, each in its way. What lets none of them through, or turns them all away, is a check. */
const attacks: readonly { readonly bit: number; readonly texts: readonly string[] }[] = [
  { bit: harm.command, texts: ['a;id', 'a|id', 'a&id', 'a`id`', 'a$(id)'] },
  { bit: harm.path, texts: ['../../etc/passwd'] },
  { bit: harm.prototype, texts: ['__proto__'] },
  { bit: harm.code, texts: ['a();', 'a.b("c")', 'a`1`'] },
  { bit: harm.pattern, texts: ['(a+)+$', '(.*)*b'] },
  { bit: harm.input, texts: ['a'.repeat(300), '0'.repeat(300), ' '.repeat(300), '-_.:/'.repeat(60)] },
];

const cheap = attacks.filter(({ bit }) => bit !== harm.input);

/** What a text is harmless for once an expression has matched it (`wanted`), or has not. */
export function bitsOfTest(source: string, flags: string, wanted: boolean, isLinear: boolean): number {
  // One that is global would go on where it was the last time.
  const expression = compile(source, flags.replace('g', ''));
  if (expression === undefined) return 0;
  return bitsWhere(wanted && isLinear ? attacks : cheap, (text) => expression.test(text) !== wanted);
}

/** What is left harmless by `text.replace(expression, by)`; `by` undefined where it is not known. */
export function bitsOfReplace(source: string, flags: string, by: string | undefined, isAll: boolean): number {
  const expression = compile(source, flags + (isAll ? 'g' : ''));
  if (expression === undefined) return 0;
  const isGlobal = isAll || flags.includes('g');
  const after = (text: string): string => text.replace(expression, by ?? '\u0000');
  let bits = 0;
  if (isGlobal && [';', '|', '&', '`', '$('].every((mark) => isDefused(after(`a${mark}b`), mark))) bits |= harm.command;
  if (by !== undefined && isGlobal && /^'?\\*'\\*'*'?$/.test(by) && after("'") !== "'") bits |= harm.command;
  if (!/\.\.[\\/]/.test(after(isGlobal ? '../../etc/passwd' : '../etc/passwd'))) bits |= harm.path;
  if (!/__proto__/.test(after('__proto__'))) bits |= harm.prototype;
  if (isGlobal && !/[(`;]/.test(after('a();b`c`'))) bits |= harm.code;
  if (isGlobal && ['*', '+', '(', '['].every((mark) => isDefused(after(`a${mark}b`), mark))) bits |= harm.pattern;
  return bits;
}

function isDefused(text: string, mark: string): boolean {
  const at = text.indexOf(mark);
  return at === -1 || text[at - 1] === '\\';
}

function bitsWhere(among: typeof attacks, isStopped: (text: string) => boolean): number {
  return among.reduce((bits, { bit, texts }) => (texts.every(isStopped) ? bits | bit : bits), 0);
}

function compile(source: string, flags: string): RegExp | undefined {
  if (source.length > 1_000) return undefined;
  try {
    return new RegExp(source, [...new Set(flags.replace('y', ''))].join(''));
  } catch {
    return undefined;
  }
}
