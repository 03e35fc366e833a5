import { withZod } from './with-zod.ts';
import type { AgentContext } from './agent.ts';
import type { Artifact } from './artifact.ts';

/** What must hold when the work is done. */
export interface Criterion {
  readonly id: string;
  readonly text: string;
}

const requirements = withZod((z) => z.object({ criteria: z.array(z.object({ id: z.string(), text: z.string() })) }));

/** The criteria of the newest `requirements` artifact; without a readable one the task's own. */
export function acceptanceCriteria(context: Pick<AgentContext, 'artifacts' | 'task'>): readonly Criterion[] {
  const parsed = requirements.safeParse(latestArtifact(context.artifacts, 'requirements')?.content);
  return parsed.success ? parsed.data.criteria : (context.task.acceptance ?? []);
}

/** The newest artifact of a kind. */
export function latestArtifact(artifacts: readonly Artifact[], kind: string): Artifact | undefined {
  return artifacts.findLast((artifact) => artifact.kind === kind);
}
