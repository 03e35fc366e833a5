import type { Evidence, TaskWorkspace } from '@fw/agents-core';

type Tree = Pick<TaskWorkspace, 'base' | 'sandbox' | 'files' | 'show'>;

/** What tells which program installs and runs a project, by its lock file. */
const packageManagers: readonly (readonly [file: RegExp, name: string])[] = [
  [/^(package-lock|npm-shrinkwrap)\.json$/, 'npm'], [/^pnpm-lock\.yaml$/, 'pnpm'], [/^yarn\.lock$/, 'yarn'], [/^bun\.lockb?$/, 'bun'],
  [/^uv\.lock$/, 'uv'], [/^poetry\.lock$/, 'poetry'], [/^requirements\.txt$/, 'pip'], [/^Cargo\.lock$/, 'cargo'], [/^go\.mod$/, 'go'],
];
const mostEntries = 40;
const mostKinds = 8;
const longestFact = 2_000;

/** Facts about the tree as it was found, one each, for those who have not looked yet: runtime, package manager, tests, layout. */
export async function describeEnvironment(workspace: Tree, baseline: Evidence | undefined): Promise<readonly string[]> {
  const files = await workspace.files(workspace.base);
  const manifest = readManifest(await workspace.show(workspace.base, 'package.json'));
  const managers = packageManagers.filter(([file]) => files.some((one) => file.test(one))).map(([, name]) => name);
  const tools = Object.entries(baseline?.toolVersions ?? {}).map(([tool, version]) => `${tool} ${version}`);
  const facts = [
    ...(tools.length === 0 ? [] : [`Runtime: ${tools.join(', ')}${workspace.sandbox.startsWith('none') ? '' : '; commands have no network, so nothing can be installed'}.`]),
    ...(managers.length === 0 ? [] : [`Package manager: ${managers.join(', ')}.`]),
    describeTests(baseline, manifest.test),
    ...(manifest.scripts.length === 0 ? [] : [`Scripts: ${manifest.scripts.join(', ')}.`]),
    `Files: ${files.length} (${describeKinds(files)}).`,
    `Layout: ${describeLayout(files)}`,
  ];
  return facts.map((fact) => (fact.length > longestFact ? `${fact.slice(0, longestFact).toWellFormed()} …` : fact));
}

function describeTests(baseline: Evidence | undefined, script: string | undefined): string {
  const { runner, passed, failed } = (baseline?.results as { readonly tests?: { readonly report?: { readonly runner?: unknown; readonly passed?: unknown; readonly failed?: unknown } } } | null | undefined)?.tests?.report ?? {};
  if (typeof runner !== 'string' || runner === 'unknown') return 'Tests: there is no command for them that is understood.';
  const counts = typeof passed === 'number' && typeof failed === 'number' ? ` Before the change ${passed} passed, ${failed} failed.` : '';
  return `Tests: ${script === undefined ? runner : `npm test, which is "${script}" (${runner})`}.${counts}`;
}

interface Manifest {
  readonly scripts: readonly string[];
  readonly test?: string;
}

function readManifest(text: string | undefined): Manifest {
  try {
    const { scripts } = JSON.parse(text ?? '{}') as { readonly scripts?: unknown };
    if (scripts === null || typeof scripts !== 'object') return { scripts: [] };
    const { test } = scripts as { readonly test?: unknown };
    return { scripts: Object.keys(scripts).slice(0, mostEntries), ...(typeof test === 'string' && { test: test.slice(0, 200).toWellFormed() }) };
  } catch {
    return { scripts: [] };
  }
}

/** How many files of which ending, the most frequent first. */
function describeKinds(files: readonly string[]): string {
  const kinds = [...countBy(files, (file) => /[^/]\.([a-z\d]{1,8})$/i.exec(file)?.[1]?.toLowerCase() ?? 'other')].toSorted(([one, left], [other, right]) => right - left || (one < other ? -1 : 1));
  const rest = kinds.slice(mostKinds).reduce((sum, [, count]) => sum + count, 0);
  return [...kinds.slice(0, mostKinds).map(([kind, count]) => `${count} ${kind}`), ...(rest === 0 ? [] : [`${rest} more`])].join(', ');
}

/** The top of the tree: folders with the number of files below them, then files. */
function describeLayout(files: readonly string[]): string {
  const entries = [...countBy(files, (file) => (file.includes('/') ? `${file.slice(0, file.indexOf('/'))}/` : file))];
  const folders = entries.filter(([name]) => name.endsWith('/')).map(([name, count]) => `${name} (${count})`);
  const all = [...folders.toSorted(), ...entries.flatMap(([name]) => (name.endsWith('/') ? [] : [name])).toSorted()];
  return `${all.slice(0, mostEntries).join(', ')}${all.length > mostEntries ? `, and ${all.length - mostEntries} more` : ''}`;
}

function countBy(files: readonly string[], key: (file: string) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(key(file), (counts.get(key(file)) ?? 0) + 1);
  return counts;
}
