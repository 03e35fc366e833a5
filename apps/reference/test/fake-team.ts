import type { ChatAnswer, ChatRequest } from './fake-openai.ts';

export interface TeamView {
  readonly request: ChatRequest;
  /** How many answers this conversation has had. */
  readonly turn: number;
  /** The conversation begins with requests to mend something. */
  readonly isRevision: boolean;
  /** Ids of the acceptance criteria. */
  readonly criteria: readonly string[];
  /** Ids of the open requests. */
  readonly requests: readonly string[];
}

/** Plays architect and reviewer in the plainest way, and the developer as told; sees only what a model would see. */
export function playTeam(goal: string, playDeveloper: (view: TeamView) => ChatAnswer): (request: ChatRequest) => ChatAnswer {
  return (request) => {
    const offered = new Set((request.tools ?? []).map((tool) => tool.function.name));
    const first = textOf(request.messages.find((message) => message.role === 'user')?.content);
    const ids = [...new Set([...first.matchAll(/^- (\S+): .*\[evidence/gm)].map((match) => match[1] ?? ''))];
    if (offered.has('submit_requirements')) return call('submit_requirements', { criteria: [{ id: 'c1', text: goal, kind: 'new' }] });
    if (offered.has('submit_analysis')) return call('submit_analysis', { summary: 'One function changes.', answers: ids.map((request) => ({ request, answer: 'Will be mended.' })) });
    if (offered.has('submit_design')) return call('submit_design', {
      summary: 'The smallest change.', components: [{ name: 'the function', files: [], responsibility: 'does it', criteria: ['c1'] }],
      tests: [{ criterion: 'c1', description: 'shows the new behaviour', file: 'test/combined.test.js', name: 'adds up parts' }],
    });
    if (offered.has('submit_review')) return call('submit_review', { approved: true, findings: [] });
    return playDeveloper({
      request,
      turn: request.messages.filter((message) => message.role === 'assistant').length,
      isRevision: first.includes('# Open requests'),
      criteria: ['c1'],
      requests: ids,
    });
  };
}

export function call(name: string, input: unknown): ChatAnswer {
  return { toolCalls: [{ name, arguments: input }] };
}

export function finish({ criteria, requests }: TeamView, summary: string): ChatAnswer {
  return call('finish', { summary, criteria: criteria.map((id) => ({ id, status: 'met', evidence: [] })), answers: requests.map((request) => ({ request, answer: 'Mended.' })) });
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}
