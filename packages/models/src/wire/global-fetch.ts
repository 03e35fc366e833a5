const dispatcher = Symbol.for('undici.globalDispatcher.1');
const newerDispatcher = Symbol.for('undici.globalDispatcher.2');
/** Node's own function holds this; one that somebody put in its place does not. */
const ownText = 'undiciModule.fetch';

let lastFetch: typeof globalThis.fetch | undefined;
let isLastOwn = false;

/**
 * Whether the global fetch is Node's own, and sends as it does by default: nobody replaced it, and nobody gave it a
 * proxy, certificates or another dispatcher. When in doubt it is not, which costs time and nothing else.
 */
export function isFetchUntouched(): boolean {
  if (globalThis.fetch !== lastFetch) {
    lastFetch = globalThis.fetch;
    isLastOwn = Function.prototype.toString.call(lastFetch).includes(ownText);
  }
  const { [dispatcher]: one, [newerDispatcher]: other } = globalThis as { readonly [name: symbol]: unknown };
  return isLastOwn && isPlain(one) && isPlain(other);
}

const judged = new WeakMap<object, boolean>();

function isPlain(given: unknown): boolean {
  if (given === undefined) return true;
  if (typeof given !== 'object' || given === null) return false;
  const known = judged.get(given);
  if (known !== undefined) return known;
  const isSo = isPlainAgent(given);
  judged.set(given, isSo);
  return isSo;
}

/** An agent as it is made without any option: a proxy, or what is composed, has another name or a `dispatch` of its own. */
function isPlainAgent(given: object): boolean {
  const kind = Object.getPrototypeOf(given) as { readonly dispatch?: unknown } | null;
  if (kind === null || (given.constructor as { readonly name?: unknown } | undefined)?.name !== 'Agent' || (given as { readonly dispatch?: unknown }).dispatch !== kind.dispatch) return false;
  const inside = (name: string): unknown => {
    const symbol = Object.getOwnPropertySymbols(given).find(({ description }) => description === name);
    return symbol === undefined ? undefined : (given as { readonly [name: symbol]: unknown })[symbol];
  };
  const options = inside('options');
  const isDefault = (inside('factory') as { readonly name?: unknown } | undefined)?.name === 'defaultFactory';
  return isDefault && typeof options === 'object' && options !== null && Object.values(options).every((value) => value === undefined || value === Infinity || value === 0);
}
