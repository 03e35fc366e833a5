import { didYouMean } from './did-you-mean.ts';
import { ModelError } from './model-error.ts';

/** Says what is wrong with a value at a place; nothing when it can be used. Written by hand: a library of schemas takes longer to load than all of this package. */
export type Check = (value: unknown, place: string) => readonly string[];

/** @throws ModelError FW_MODEL_CONFIG that names each wrong place. */
export function checkConfig(check: Check, value: unknown, what: string): void {
  const problems = check(value, '');
  if (problems.length === 0) return;
  throw new ModelError('FW_MODEL_CONFIG', { message: `${what} cannot be used. ${problems.slice(0, 10).join(' ')}` });
}

/** An object with these keys and no other; those in `needed` must be there. */
export function objectOf(keys: { readonly [key: string]: Check }, needed: readonly string[] = []): Check {
  return (value, place) => {
    if (!isObject(value)) return [problem(place, 'must be an object', value)];
    const known = Object.keys(keys);
    return [
      ...needed.filter((key) => value[key] === undefined).map((key) => problem(within(place, key), 'is missing')),
      ...Object.entries(value).flatMap(([key, inner]) => {
        if (!known.includes(key)) return [`${at(place)}unknown key "${key.slice(0, 100)}".${didYouMean(key, known)}`];
        return inner === undefined ? [] : (keys[key] as Check)(inner, within(place, key));
      }),
    ];
  };
}

/** An object whose keys one chooses. */
export function recordOf(isKey: (key: string) => boolean, keyRule: string, check: Check): Check {
  return (value, place) => {
    if (!isObject(value)) return [problem(place, 'must be an object', value)];
    return Object.entries(value).flatMap(([key, inner]) => (isKey(key) ? check(inner, within(place, key)) : [problem(within(place, key.slice(0, 100)), keyRule)]));
  };
}

export function listOf(check: Check): Check {
  return (value, place) => (Array.isArray(value) ? value.flatMap((item: unknown, index) => check(item, `${place}[${index}]`)) : [problem(place, 'must be a list', value)]);
}

/** Anything that holds, with the rule in words. */
export function which(holds: (value: unknown) => boolean, rule: string): Check {
  return (value, place) => (holds(value) ? [] : [problem(place, rule, value)]);
}

/** Both of them. */
export function both(first: Check, second: Check): Check {
  return (value, place) => {
    const problems = first(value, place);
    return problems.length > 0 ? problems : second(value, place);
  };
}

export const aText: Check = which((value) => typeof value === 'string' && value !== '', 'must be text');
export const aFlag: Check = which((value) => typeof value === 'boolean', 'must be true or false');
/** A whole number above 0 that can be counted exactly. */
export const aCount: Check = which((value) => Number.isSafeInteger(value) && (value as number) > 0, 'must be a whole number above 0');
export const aCountOrNone: Check = which((value) => Number.isSafeInteger(value) && (value as number) >= 0, 'must be a whole number, 0 or more');
export const anAmount: Check = which((value) => Number.isFinite(value) && (value as number) >= 0, 'must be a number, 0 or more');

/** Milliseconds; without end is possible. */
export const aDuration: Check = which((value) => typeof value === 'number' && value >= 0, 'must be a number of milliseconds, 0 or more');
export const anything: Check = () => [];

export function oneOf(words: readonly string[]): Check {
  return which((value) => words.includes(value as string), `must be one of ${words.join(', ')}`);
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(place: string, rule: string, value?: unknown): string {
  const said = typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'an object') : value).slice(0, 60);
  return `${at(place)}${rule}${value === undefined ? '' : `, not ${said}`}.`;
}

function within(place: string, key: string): string {
  return place === '' ? key : `${place}.${key}`;
}

function at(place: string): string {
  return place === '' ? '' : `At ${place}: `;
}
