import { expect, test } from 'vitest';
import { testValidator } from '../src/conformance.ts';
import type { ValidatorFixture } from '../src/conformance.ts';
import { validators } from '../src/index.ts';
import { openProject } from './fixture.ts';

// Put together here, so that this file itself holds nothing that looks like a secret.
const samples: readonly (readonly [rule: string, text: string])[] = [
  ['aws-access-key-id', `AKIA${'Q3X7ABCDEFGH2JKL'}`],
  ['github-token', `ghp_${'a1B2'.repeat(9)}`],
  ['github-token', `github_pat_${'a1'.repeat(11)}_${'b'.repeat(59)}`],
  ['private-key', `-----BEGIN RSA ${'PRIVATE'} KEY-----`],
  ['slack-token', `xoxb-${'1234567890'}-${'abcdefABCDEF1234'}`],
  ['google-api-key', `AIza${'Sy0123456789abcdefghijklmnopqrstuvw'}`],
  ['npm-token', `npm_${'aB3'.repeat(12)}`],
];

async function change(lines: readonly string[]): Promise<ValidatorFixture> {
  const workspace = await openProject({ 'old.js': `// ${samples[0]?.[1] ?? ''}\n` });
  await workspace.write('new.js', lines.join('\n'));
  return { validator: validators.secrets(), workspace, base: workspace.base, head: await workspace.snapshot() };
}

testValidator('secrets', () => change(samples.map(([, text]) => `const key = '${text}';`)));

test('knows each format, with its line', async () => {
  const { validator, ...input } = await change(samples.map(([, text]) => `const key = '${text}';`));
  const findings = await validator.validate(input);
  expect(findings.map(({ rule, line }) => [rule, line])).toEqual(samples.map(([rule], index) => [rule, index + 1]));
});

test('leaves examples, hashes and ordinary words alone', async () => {
  const { validator, ...input } = await change(['AKIAIOSFODNN7EXAMPLE', 'a'.repeat(40), 'npm_config_registry', 'ghp_short', 'BEGIN PUBLIC KEY', 'xoxb-token-here', 'AIza']);
  expect(await validator.validate(input)).toEqual([]);
});

test('looks at added lines only', async () => {
  const { validator, ...input } = await change(['nothing']);
  expect(await validator.validate(input)).toEqual([]);
});
