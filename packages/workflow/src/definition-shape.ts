import type { WorkflowProblem } from './definition.ts';

/** What a member has to be; undefined when it is. Written out, not as a schema: this runs when the package is imported. */
type Check = (value: unknown, place: string) => readonly WorkflowProblem[];

const problem = (place: string, message: string): readonly WorkflowProblem[] => [{ place, message }];
const isObject = (value: unknown): value is { readonly [key: string]: unknown } => value !== null && typeof value === 'object' && !Array.isArray(value);

const text: Check = (value, place) => (typeof value === 'string' && value !== '' ? [] : problem(place, 'is not a text'));
const oneOf = (...values: readonly unknown[]): Check => (value, place) => (values.includes(value) ? [] : problem(place, `is not ${values.map((allowed) => JSON.stringify(allowed)).join(' or ')}`));
const whole = (least: number, most: number): Check => (value, place) =>
  (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most ? [] : problem(place, `is not a whole number from ${least} to ${most}`));
const optional = (check: Check): Check => (value, place) => (value === undefined ? [] : check(value, place));
const list = (check: Check): Check => (value, place) =>
  (Array.isArray(value) && value.length > 0 ? value.flatMap((item, index) => check(item, `${place}.${index}`)) : problem(place, 'is not a list with something in it'));

function object(members: { readonly [name: string]: Check }): Check {
  return (value, place) => {
    if (!isObject(value)) return problem(place || 'definition', 'is not an object');
    const unknown = Object.keys(value).filter((name) => !Object.hasOwn(members, name));
    return [
      ...(unknown.length > 0 ? problem(place || 'definition', `Unrecognized key: ${unknown.map((name) => JSON.stringify(name)).join(', ')}`) : []),
      ...Object.entries(members).flatMap(([name, check]) => check(value[name], place ? `${place}.${name}` : name)),
    ];
  };
}

const arrow = object({ to: text, event: text, guard: optional(text) });
const finalState = object({ final: oneOf('success', 'failed') });
const workState = object({
  capabilities: list(text),
  on: object({ done: optional(arrow), revise: optional(arrow), failed: optional(arrow), timeout: optional(arrow), stuck: optional(arrow) }),
  parallel: optional(oneOf(true, false)),
  approval: optional(object({ question: text, when: oneOf('always', 'policy') })),
  timeoutMs: optional(whole(1, Number.MAX_SAFE_INTEGER)),
  slack: optional(whole(0, 1_000)),
});

const states: Check = (value, place) => {
  if (!isObject(value)) return problem(place, 'is not an object');
  return Object.entries(value).flatMap(([name, state]) => {
    const at = `${place}.${name}`;
    // A name that every object has would be found where there is no state.
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name) || name in {}) return problem(at, 'is not a name for a state');
    return (isObject(state) && 'final' in state ? finalState : workState)(state, at);
  });
};

const definition = object({ specVersion: oneOf(1), name: text, version: text, initial: text, states });

/** Of plain JSON: members that are missing, unknown or not what they have to be. */
export const findShapeProblems = (plain: unknown): readonly WorkflowProblem[] => definition(plain, '');
