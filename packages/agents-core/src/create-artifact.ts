import type { Json } from '@fw/models';
import type { AgentContext } from './agent.ts';
import type { Artifact } from './artifact.ts';

/** An artifact of this agent at this place of the run; the id is drawn from the context, so a resumed run gives the same one. */
export function createArtifact(
  context: Pick<AgentContext, 'id' | 'path'>,
  agent: { readonly name: string; readonly version: string },
  artifact: { readonly kind: string; readonly title: string; readonly schema: string; readonly content: Json },
): Artifact {
  return { id: context.id(), ...artifact, producer: { agent: agent.name, version: agent.version, key: `${context.path}/${artifact.kind}` } };
}
