import type { PublishedTask, Step } from './play-task.ts';

const test: Step = { type: 'test' };

const feature: PublishedTask = {
  kind: 'feature',
  name: 'human-interval',
  goal: 'humanInterval understands milliseconds: humanInterval(\'5 milliseconds\') gives 5.',
  criteria: [
    { id: 'c1', text: 'Milliseconds are understood, alone and beside other units.', kind: 'new' },
    { id: 'c2', text: 'Seconds stay what they are.', kind: 'keep' },
  ],
  steps: [
    { type: 'edit', file: 'test.js', edits: [{
      old: '// Mixed',
      new: `// Milliseconds
test('Understands "millisecond" without number', macro, 'millisecond', 1);
test('Understands milliseconds', macro, '5 milliseconds', 5);
test('Understands milliseconds beside seconds', macro, 'two seconds and 2.5 milliseconds', 2002.5);

// Mixed`,
    }] },
    test,
    { type: 'edit', file: 'index.js', edits: [
      { old: 'units.second = 1000;', new: 'units.millisecond = 1;\nunits.second = 1000;' },
      { old: 'const regexp = /(second|minute|hour|day|week|month|year)s?/;', new: 'const regexp = /(millisecond|second|minute|hour|day|week|month|year)s?/;' },
    ] },
    test,
  ],
  test: ['ava'],
};

const bug: PublishedTask = {
  kind: 'bug',
  name: 'process-warning',
  goal: 'Warnings drop values such as 0, false and the empty string from their message; test/falsy-values.test.js shows it. They have to be put in like others.',
  criteria: [{ id: 'c1', text: 'A value that is given is put into the message, whatever it is, and a spy sees it.', kind: 'new' }],
  brings: {
    'test/falsy-values.test.js': `'use strict'

const test = require('node:test')
const { createWarning } = require('..')

test('falsy values are put into the message', t => {
  const warning = createWarning({ name: 'TestWarning', code: 'CODE', message: '%d of "%s", %s' })
  t.assert.equal(warning.format(0, '', false), '0 of "", false')
  t.assert.equal(createWarning({ name: 'TestWarning', code: 'CODE', message: 'only %d' }).format(0), 'only 0')
})
`,
  },
  steps: [
    { type: 'write', file: 'test/spy-falsy-values.test.js', content: `'use strict'

const test = require('node:test')
const { createWarning, spyWarning } = require('..')

test('a spy sees falsy values', t => {
  const warning = createWarning({ name: 'TestWarning', code: 'CODE', message: '%d %d %d', unlimited: true })
  const spy = spyWarning(warning)
  warning(0)
  warning(1, 0)
  warning(1, 2, 0)
  t.assert.deepEqual(spy.calls.map(call => call.arguments), [[0], [1, 0], [1, 2, 0]])
})
` },
    test,
    { type: 'edit', file: 'index.js', edits: [
      { old: '      if (c) {\n        args.push(a, b, c)\n      } else if (b) {\n        args.push(a, b)\n      } else if (a) {', new: '      if (c !== undefined) {\n        args.push(a, b, c)\n      } else if (b !== undefined) {\n        args.push(a, b)\n      } else if (a !== undefined) {' },
      {
        old: '    if (a && b && c) {\n      formatted = format(message, a, b, c)\n    } else if (a && b) {\n      formatted = format(message, a, b)\n    } else if (a) {\n      formatted = format(message, a)',
        new: '    if (c !== undefined) {\n      formatted = format(message, a, b, c)\n    } else if (b !== undefined) {\n      formatted = format(message, a, b)\n    } else if (a !== undefined) {\n      formatted = format(message, a)',
      },
    ] },
    test,
  ],
  test: ['c8', '--100', 'node', '--test'],
};

const combinators = ['Child', 'Parent', 'Sibling', 'Adjacent'].map((name, index) => {
  const sign = ['>', '<', '~', '+'][index] ?? '';
  return { name, sign, old: `        case SelectorType.${name}: {\n            return index === 0 ? "${sign} " : " ${sign} ";\n        }\n` };
});

const refactoring: PublishedTask = {
  kind: 'refactoring',
  name: 'css-what',
  goal: 'stringifyToken has the same two lines for each combinator. Let a table say how combinators are written; what stringify gives stays the same.',
  criteria: [{ id: 'c1', text: 'stringify gives what it gave, for every selector of the tests.', kind: 'keep' }],
  steps: [
    test,
    { type: 'edit', file: 'src/stringify.ts', edits: [
      { old: '/**\n * Turns `selector` back into a string.', new: 'const combinators = {\n    [SelectorType.Child]: ">",\n    [SelectorType.Parent]: "<",\n    [SelectorType.Sibling]: "~",\n    [SelectorType.Adjacent]: "+",\n    [SelectorType.ColumnCombinator]: "||",\n} as const;\n\n/**\n * Turns `selector` back into a string.' },
      { old: combinators.map(({ old }) => old).join(''), new: `${[...combinators.map(({ name }) => name), 'ColumnCombinator'].map((name) => `        case SelectorType.${name}:\n`).join('').replace(/:\n$/, ': {\n')}            const combinator = combinators[token.type];\n            return index === 0 ? \`\${combinator} \` : \` \${combinator} \`;\n        }\n` },
      { old: '        case SelectorType.ColumnCombinator: {\n            return index === 0 ? "|| " : " || ";\n        }\n        case SelectorType.Universal: {', new: '        case SelectorType.Universal: {' },
    ] },
    test,
  ],
  test: ['vitest', 'run'],
};

const slow = `    for (let i = 1; i < cont.length; i++) {

      let s = newFraction(cont[i - 1], C_ONE);
      for (let k = i - 2; k >= 0; k--) {
        s = s['inverse']()['add'](cont[k]);
      }

      let t = s['sub'](thisABS);
      if (t['n'] * ieps < t['d']) { // More robust than Math.abs(t.valueOf()) < eps
        return s['mul'](this['s']);
      }
    }
`;
const fast = `    // Each convergent follows from the two before it
    let [p0, q0, p1, q1] = [C_ONE, C_ZERO, cont[0], C_ONE];

    for (let i = 1; i < cont.length; i++) {

      const s = newFraction(p1, q1);

      let t = s['sub'](thisABS);
      if (t['n'] * ieps < t['d']) { // More robust than Math.abs(t.valueOf()) < eps
        return s['mul'](this['s']);
      }

      [p0, p1] = [p1, cont[i] * p1 + p0];
      [q0, q1] = [q1, cont[i] * q1 + q0];
    }
`;

const performance: PublishedTask = {
  kind: 'performance',
  name: 'fraction.js',
  goal: 'simplify computes every convergent of the continued fraction from its beginning, so its work grows with the square of their number. Let each follow from the two before it. bench/simplify.bench.js measures it.',
  criteria: [{ id: 'c1', text: 'simplify gives what it gave.', kind: 'keep' }],
  brings: {
    'bench/simplify.bench.js': `'use strict';

const Fraction = require('../dist/fraction.js');

// The golden ratio takes longest: all terms of its continued fraction are 1.
let [a, b] = [1n, 1n];
for (let i = 0; i < 400; i++) [a, b] = [a + b, a];
new Fraction(a, b).simplify(1e-100);
`,
  },
  steps: [
    test,
    ...['dist/fraction.js', 'dist/fraction.mjs', 'src/fraction.js'].map((file): Step => ({ type: 'edit', file, edits: [{ old: slow, new: fast }] })),
    test,
  ],
  test: ['mocha', 'tests/*.js'],
};

export const publishedTasks: readonly PublishedTask[] = [feature, bug, refactoring, performance];
