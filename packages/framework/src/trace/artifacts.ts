import { acceptanceCriteria, latestArtifact } from '@fw/agents-core';
import type { Artifact, Task } from '@fw/agents-core';
import { withZod } from '@fw/agents-core/with-zod';

/** What the team has said that a trace follows; whoever made it, as far as it has the known form. */
export interface Said {
  readonly criteria: readonly { readonly id: string; readonly text: string; readonly kind: 'new' | 'keep' }[];
  readonly components: readonly { readonly name: string; readonly files: readonly string[]; readonly criteria: readonly string[] }[];
  /** Tests that the design intends. */
  readonly intended: readonly { readonly criterion: string; readonly file: string; readonly name: string }[];
  /** Evidence that the developer names for a criterion. */
  readonly named: readonly { readonly id: string; readonly evidence: readonly string[] }[];
}

const texts = withZod((z) => z.array(z.string()).catch([]));
const requirements = withZod((z) => z.object({ criteria: z.array(z.object({ id: z.string(), text: z.string(), kind: z.enum(['new', 'keep']).catch('new') })) }));
const design = withZod((z) => z.object({
  components: z.array(z.object({ name: z.string(), files: texts, criteria: texts })).catch([]),
  tests: z.array(z.object({ criterion: z.string(), file: z.string().catch(''), name: z.string().catch('') })).catch([]),
}));
const change = withZod((z) => z.object({ criteria: z.array(z.object({ id: z.string(), evidence: texts })).catch([]) }));

/** Of the newest artifacts of each kind. */
export function readSaid(artifacts: readonly Artifact[], task: Task): Said {
  const content = (kind: string): unknown => latestArtifact(artifacts, kind)?.content;
  const criteria = requirements.safeParse(content('requirements'));
  const { components, tests } = design.safeParse(content('design')).data ?? { components: [], tests: [] };
  return {
    criteria: criteria.success ? criteria.data.criteria : acceptanceCriteria({ artifacts, task }).map(({ id, text }) => ({ id, text, kind: 'new' })),
    components: components.map((component) => ({ ...component, files: component.files.map(plainPath) })),
    intended: tests.map((test) => ({ ...test, file: plainPath(test.file) })),
    named: change.safeParse(content('change')).data?.criteria ?? [],
  };
}

/** A path as trees have it, however a model or a person writes it. */
export function plainPath(path: string): string {
  return path.trim().replaceAll('\\', '/').replace(/^(?:\.\/+)+/, '').replaceAll(/\/{2,}/g, '/').replace(/\/\*{1,2}$/, '/');
}

/** Whether a path of a design means this file: itself, or a folder above it. */
export function meansFile(path: string, file: string): boolean {
  return path !== '' && (path === file || file.startsWith(path.endsWith('/') ? path : `${path}/`));
}
