/** Whether a name fits a pattern in which `*` stands for anything and `?` for one character. */
export function matchesName(name: string, pattern: string): boolean {
  // One star after the other, greedily from the left: no pattern takes long.
  const parts = pattern.split('*');
  const fits = (part: string, at: number): boolean => at + part.length <= name.length && [...part].every((character, index) => character === '?' || character === name[at + index]);
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return first.length === name.length && fits(first, 0);
  if (!fits(first, 0)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    while (at <= name.length && !fits(part, at)) at += 1;
    if (at > name.length) return false;
    at += part.length;
  }
  return name.length - last.length >= at && fits(last, name.length - last.length);
}
