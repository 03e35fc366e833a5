import type { Finding } from '@fw/agents-core';
import { inBatches } from './in-batches.ts';
import type { ValidatorInput } from './validator.ts';

/** Formats that say themselves that they are secret; looser guesses would raise more false alarms than they find. */
const formats: readonly { readonly rule: string; readonly what: string; readonly pattern: RegExp }[] = [
  { rule: 'aws-access-key-id', what: 'an AWS access key id', pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])/ },
  { rule: 'github-token', what: 'a GitHub token', pattern: /(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?!\w)/ },
  { rule: 'private-key', what: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----/ },
  { rule: 'slack-token', what: 'a Slack token', pattern: /(?<!\w)xox[abeoprs]-(?:\d+-)+[A-Za-z0-9-]{10,}/ },
  { rule: 'google-api-key', what: 'a Google API key', pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/ },
  { rule: 'npm-token', what: 'an npm token', pattern: /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/ },
];

const maxLineLength = 20_000;

/** Looks through the lines that a change added; against itself, a tree has none. */
export async function findSecrets({ workspace, base, head, signal }: ValidatorInput): Promise<readonly Finding[]> {
  signal?.throwIfAborted();
  const changes = base === head ? [] : await workspace.changes(base, head);
  const added = changes.filter((change) => change.status !== 'deleted' && change.lines.length > 0);
  const found = await inBatches(added, async (change) => {
    signal?.throwIfAborted();
    const findings: Finding[] = [];
    const lines = ((await workspace.show(head, change.file)) ?? '').split('\n');
    for (const line of change.lines) {
      const text = (lines[line - 1] ?? '').slice(0, maxLineLength);
      for (const { rule, what, pattern } of formats) {
        if (!pattern.test(text) || isExample(text)) continue;
        findings.push({
          source: 'secrets', rule, category: 'secret', severity: 'critical', file: change.file, line, isNew: true,
          message: `This line holds ${what}.`,
          suggestion: 'Take it out of the change, read it from the environment, and revoke it if it was real.',
        });
      }
    }
    return findings;
  });
  return found.flat();
}

/** Key ids that vendors print in their documentation end so. */
function isExample(text: string): boolean {
  return /(?:AKIA|ASIA)[A-Z2-7]{9}EXAMPLE/.test(text) && !/(?:AKIA|ASIA)(?![A-Z2-7]{9}EXAMPLE)[A-Z2-7]{16}/.test(text);
}
