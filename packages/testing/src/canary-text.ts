/** Two tests to append to a test file: one that fails as long as assertions and reporting work, and one that passes. Undefined where we know no way. */
export function canaryText(runner: string, options: { readonly file: string; readonly isModule: boolean; readonly name: string }): string | undefined {
  const { file, isModule, name } = options;
  const builtin = `globalThis.process.getBuiltinModule('node:assert')`;
  const load = (module: string): string => (isModule ? `import ${name}Api from '${module}';` : `const ${name}Api = require('${module}');`);
  if (runner === 'pytest') return `\ndef test_${name}_fails():\n    try:\n        assert 1 == 2\n    except AssertionError:\n        raise RuntimeError('canary')\n\ndef test_${name}_passes():\n    assert True\n`;
  if (/\.(vue|svelte|json|py)$/.test(file)) return undefined;
  if (runner === 'node:test') return inBlock(`const { test } = globalThis.process.getBuiltinModule('node:test');`, 'test', name, assertChecks(builtin));
  if (runner === 'vitest') return `\nimport { test as ${name}Test, expect as ${name}Expect } from 'vitest';${inBlock('', `${name}Test`, name, expectChecks(`${name}Expect`))}`;
  if (runner === 'playwright') return `\n${load('@playwright/test')}`.replace(`import ${name}Api from`, `import * as ${name}Api from`) + inBlock('', `${name}Api.test`, name, expectChecks(`${name}Api.expect`));
  if (runner === 'jest') return inBlock('', 'test', name, expectChecks('expect'));
  if (runner === 'mocha') return inBlock('', `(typeof it === 'function' ? it : test)`, name, assertChecks(builtin));
  if (runner === 'tape') return `\n${load('tape')}${tapChecks(name, `t.end()`)}`;
  if (runner === 'tap') return `\n${load('tap')}${tapChecks(name, `t.end()`).replaceAll(`${name}Api(`, `${name}Api.test(`)}`;
  if (runner === 'ava') return `\n${load('ava')}${tapChecks(name, '')}`;
  return undefined;
}

function inBlock(before: string, test: string, name: string, checks: string): string {
  return `\n;{ ${before} ${test}('${name} fails', async () => { ${checks} throw new Error('canary'); }); ${test}('${name} passes', () => {}); }\n`;
}

/** Each check has to throw; when one does not, the failing test ends as if it passed, and is seen. */
function eachThrows(checks: readonly string[]): string {
  return `for (const check of [${checks.map((check) => `() => ${check}`).join(', ')}]) { let held = false; try { await check(); } catch { held = true; } if (!held) return; }`;
}

function assertChecks(builtin: string): string {
  const checks = ['a(false)', 'a.ok(false)', 'a.equal(1, 2)', 'a.strictEqual(1, 2)', 'a.notEqual(1, 1)', 'a.notStrictEqual(1, 1)', 'a.deepEqual({ a: 1 }, { a: 2 })', 'a.deepStrictEqual([1], [2])', 'a.throws(() => {})', 'a.rejects(async () => {})', "a.match('a', /b/)", 'a.fail()'];
  return `for (const a of [${builtin}, ${builtin}.strict]) { ${eachThrows(checks)} }`;
}

function expectChecks(expect: string): string {
  const checks = ['(1).toBe(2)', '(1).toEqual(2)', '({ a: 1 }).toStrictEqual({ a: 2 })', '({ a: 1 }).toMatchObject({ a: 2 })', '(0).toBeTruthy()', '(1).toBeFalsy()', '(undefined).toBeDefined()', '([1]).toContain(2)', '([1]).toHaveLength(2)', "('a').toMatch(/b/)", '(1).toBeGreaterThan(2)', '(1).toBeCloseTo(2)', '(() => {}).toThrow()', '(1).toBeNull()', '(1).not.toBe(1)', '(Promise.resolve(1)).resolves.toBe(2)'];
  return eachThrows(checks.map((check) => `${expect}${check}`));
}

function tapChecks(name: string, end: string): string {
  return `\n;${name}Api('${name} fails', (t) => { t.fail('${name} fails'); ${end} }); ${name}Api('${name} passes', (t) => { t.pass('${name} passes'); ${end} });\n`;
}
