import { dependencyFiles, findDependencyProblems } from './dependencies.ts';
import { toFindingsResults } from './findings-results.ts';
import type { FindingsResults } from './findings-results.ts';
import { toMeasurement } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import type { ValidatorInput } from './validator.ts';

/** Evidence of kind `dependencies`. Nothing is asked of a registry: known weaknesses of packages are not looked up. */
export async function measureDependencies(input: ValidatorInput): Promise<Measurement> {
  const startedAt = Date.now();
  const files = await dependencyFiles(input.workspace, input.head);
  const results: FindingsResults = files.length === 0
    ? { status: 'unavailable', validator: 'dependencies', reason: 'there is no package.json and no lock file of npm, pnpm or yarn' }
    : toFindingsResults('dependencies', await findDependencyProblems(input), { note: 'advisories are unavailable: none were asked for' });
  return toMeasurement({ kind: 'dependencies', tree: input.head, startedAt, results, sandbox: 'none: it ran in this process' });
}
