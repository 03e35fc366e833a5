import { acceptanceCriteria } from './acceptance-criteria.ts';
import type { AgentContext } from './agent.ts';
import type { Artifact } from './artifact.ts';
import type { RevisionRequest } from './result.ts';
import { shownText } from './untrusted.ts';

/** The part of a context that a prompt is made from. */
export type TaskView = Pick<AgentContext, 'task' | 'artifacts' | 'requests'>;

/** Goal, criteria, constraints and open requests as Markdown for a model; equal views give equal text. */
export function describeTask(view: TaskView): string {
  const criteria = acceptanceCriteria(view).map(({ id, text }) => quoted(`${id}: ${text}`).join('\n'));
  return [
    `# Task\n${view.task.goal}`,
    section('Acceptance criteria', criteria),
    section('Constraints', (view.task.constraints ?? []).map((constraint) => quoted(constraint).join('\n'))),
    section('Open requests', view.requests.map(describeRequest)),
  ].filter((part) => part !== '').join('\n\n');
}

/** An artifact as Markdown for a model; a large one is only named. */
export function describeArtifact(artifact: Artifact): string {
  const { content, kind, schema, title } = artifact;
  const isLarge = content !== null && typeof content === 'object' && 'blob' in content && 'mediaType' in content;
  return `# ${shownText(title)} (${kind}, ${schema})\n${isLarge ? `Too large to be shown here: ${String(content.bytes)} bytes.` : shownText(JSON.stringify(content, null, 1))}`;
}

function section(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `# ${title}\n${items.map((item) => `- ${item}`).join('\n')}`;
}

function describeRequest({ id, what, where, evidence }: RevisionRequest): string {
  const [first = '', ...rest] = quoted(`${id}: ${what}`);
  const place = where === undefined ? '' : ` (${shownText(where.file)}${where.line === undefined ? '' : `:${where.line}`})`;
  return [`${first}${place}${evidence.length === 0 ? '' : ` [evidence: ${evidence.join(', ')}]`}`, ...rest].join('\n');
}

/** The lines of what a model, a test or a file said: hidden characters are shown, and none begins a section or an item of ours. */
function quoted(text: string): readonly string[] {
  return shownText(text).split(/\r\n?|\n/).map((line, index) => (index === 0 ? line : `    ${line}`));
}
