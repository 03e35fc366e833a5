import { from, harm, noTaint, shape } from './taint.ts';
import type { Mark, Taint } from './taint.ts';
import { remark } from './value.ts';
import type { Value } from './value.ts';
import { taintOf } from './read-member.ts';

/** Texts put one behind the other. */
export function compose(parts: readonly Value[]): Value {
  if (parts.every((part) => part.text !== undefined && part.taint.size === 0)) return { taint: noTaint, refs: [], text: parts.map((part) => part.text).join('') };
  const filled = parts.filter((part) => part.text !== '');
  const marked = filled.map((part, index) => (filled.length === 1 ? part : remark(part, (mark, origin) => placed(mark, filled.slice(0, index), origin))));
  const { taint } = { taint: taintOf(marked) };
  return { taint: whole(taint, filled), refs: [] };
}

/** How a mark changes when something stands before it, or only behind it. */
export function placed(mark: Mark, before: readonly Value[], origin: string): Mark {
  if (before.length === 0) return { ...mark, shape: mark.shape | shape.composed };
  return { ...mark, shape: mark.shape | shape.composed | shape.after | (isWeakBase(before, origin) ? shape.weakBase : 0) };
}

/** A base that is a caller's own folder or the current one. */
function isWeakBase(before: readonly Value[], origin: string): boolean {
  const [first] = before;
  if (first === undefined) return false;
  if (before.every((part) => part.text !== undefined)) return /^\.?[\\/]*$/.test(before.map((part) => part.text).join(''));
  if (first.refs.some((ref) => ref.type === 'library' && ref.name === 'process.cwd()')) return true;
  // A parameter as it is, or another part of the same options.
  return [...first.taint].some(([base, mark]) => (mark.from & (from.parameter | from.arguments)) !== 0 && (!base.includes('/') || base.split('/', 1)[0] === origin.split('/', 1)[0]));
}

/** `'a' + b` cannot be `__proto__`, unless all that is put together is the attacker's. */
function whole(taint: Taint, parts: readonly Value[]): Taint {
  if (taint.size === 0 || parts.length < 2 || !parts.some((part) => part.text !== undefined && part.taint.size === 0)) return taint;
  return new Map([...taint].map(([origin, mark]) => [origin, { ...mark, safe: mark.safe | harm.prototype }]));
}
