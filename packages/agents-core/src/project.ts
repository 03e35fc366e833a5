import type { z } from 'zod';
import { withZod } from './with-zod.ts';
import { latestArtifact } from './acceptance-criteria.ts';
import type { Artifact } from './artifact.ts';
import { describeProjectNotes } from './project-notes.ts';
import type { ProjectNote } from './project-notes.ts';
import { wrapUntrusted } from './untrusted.ts';

/** Content of a `project` artifact: what is known of a project before an agent has looked at it. */
export interface Project {
  /** One fact each, such as the runtime, the command of the tests, the layout. */
  readonly environment: readonly string[];
  readonly notes: readonly ProjectNote[];
}

/** `project@1`. */
export const projectSchema: z.ZodType<Project> = withZod((z) => z.object({
  environment: z.array(z.string()),
  notes: z.array(z.object({ file: z.string(), text: z.string(), omitted: z.number().int().min(0).exactOptional() })),
}));

/** The newest `project` artifact for a prompt: environment, then notes, in tags as data. Empty when there is none that can be read. */
export function describeProject(artifacts: readonly Artifact[], tag: string): string {
  const parsed = projectSchema.safeParse(latestArtifact(artifacts, 'project')?.content);
  if (!parsed.success) return '';
  const { environment, notes } = parsed.data;
  const facts = environment.map((fact) => `- ${fact.replace(/\s+/g, ' ')}`).join('\n');
  return [
    facts === '' ? '' : `# Environment\nAs it was found before anything was changed.\n\n${wrapUntrusted(facts, { tag, source: 'environment' })}`,
    describeProjectNotes(notes, tag),
  ].filter((part) => part !== '').join('\n\n');
}
