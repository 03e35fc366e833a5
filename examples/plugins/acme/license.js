/**
 * @typedef {{
 *   readonly source: string, readonly rule: string, readonly category: string, readonly severity: 'low' | 'medium' | 'high' | 'critical',
 *   readonly file: string, readonly line: number, readonly message: string, readonly suggestion?: string, readonly isNew: boolean,
 * }} Finding
 * @typedef {{ readonly file: string, readonly status: 'added' | 'modified' | 'deleted' }} FileChange
 * @typedef {{
 *   changes(from: string, to: string): Promise<readonly FileChange[]>,
 *   show(tree: string, file: string): Promise<string | undefined>,
 * }} Workspace
 * @typedef {{ readonly workspace: Workspace, readonly base: string, readonly head: string, readonly signal?: AbortSignal }} ValidatorInput
 * @typedef {{ readonly specVersion: 1, readonly name: string, validate(input: ValidatorInput): Promise<readonly Finding[]> }} Validator
 */

const isSource = /\.(?:[cm]?[jt]sx?)$/;
const header = /licen[cs]e|SPDX-License-Identifier|copyright/i;
const linesOfHeader = 10;

/**
 * Finds new source files that say nothing about their licence.
 * @returns {Validator}
 */
export function createLicenseValidator() {
  return {
    specVersion: 1,
    name: 'acme.license',
    async validate({ workspace, base, head, signal }) {
      /** @type {Finding[]} */
      const findings = [];
      for (const change of await workspace.changes(base, head)) {
        signal?.throwIfAborted();
        if (change.status !== 'added' || !isSource.test(change.file)) continue;
        const content = (await workspace.show(head, change.file)) ?? '';
        if (!header.test(firstLines(content))) findings.push(missingHeader(change.file));
      }
      return findings;
    },
  };
}

/** @param {string} content */
function firstLines(content) {
  return content.slice(0, 4_000).split('\n', linesOfHeader).join('\n');
}

/**
 * @param {string} file
 * @returns {Finding}
 */
function missingHeader(file) {
  return {
    source: 'acme.license',
    rule: 'license-header',
    category: 'lint',
    severity: 'low',
    file,
    line: 0,
    message: `${file} is new and has no licence header.`,
    suggestion: 'Begin the file with "// SPDX-License-Identifier: Apache-2.0".',
    isNew: true,
  };
}
