/** What a value is harmless for, one bit for each way of doing harm. */
export const harm = { command: 1, path: 2, prototype: 4, code: 8, input: 16, pattern: 32, all: 63 } as const;

/** Who decides on a value. A request can come from anybody; a parameter of what a package exports from whoever its user serves. */
export const from = { remote: 1, parameter: 2, data: 4, archive: 8, request: 16, arguments: 32 } as const;

/** How a value was put together. */
export const shape = {
  /** It is only part of a longer text. */
  composed: 1,
  /** Something that is not up to the attacker stands before it. */
  after: 2,
  /** It is a key or an element out of something that the attacker made. */
  enumerated: 4,
  /** What stands before it is itself a parameter or the current folder: no folder that is meant to be kept to. */
  weakBase: 8,
} as const;

/** One thing that an attacker decides on, as it arrives in a value. */
export interface Mark {
  readonly from: number;
  readonly shape: number;
  readonly safe: number;
}

/** Marks by origin: a path such as `p12:0/options/name`; what is known of an origin holds for all below it. */
export type Taint = ReadonlyMap<string, Mark>;

export const noTaint: Taint = new Map();

const maxOrigins = 12;

export function joinTaint(left: Taint, right: Taint): Taint {
  if (left.size === 0 || left === right) return right;
  if (right.size === 0) return left;
  const joined = new Map(left);
  for (const [origin, mark] of right) {
    const known = joined.get(origin);
    if (known !== undefined) joined.set(origin, { from: known.from | mark.from, shape: known.shape | mark.shape, safe: known.safe & mark.safe });
    else if (joined.size < maxOrigins) joined.set(origin, mark);
  }
  return joined;
}

export function mapTaint(taint: Taint, change: (mark: Mark, origin: string) => Mark | undefined, rename?: (origin: string) => string): Taint {
  if (taint.size === 0) return taint;
  const changed = new Map<string, Mark>();
  for (const [origin, mark] of taint) {
    const next = change(mark, origin);
    if (next !== undefined) changed.set(rename?.(origin) ?? origin, next);
  }
  return changed;
}

const maxDepth = 7;

/** The origin of a part of something. */
export function below(origin: string, part: string): string {
  return origin.split('/').length >= maxDepth ? origin : `${origin}/${part.slice(0, 40)}`;
}
