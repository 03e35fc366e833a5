/** One way to look at a change. */
export interface Pass {
  readonly name: string;
  /** What it looks for. */
  readonly brief: string;
}

/** Each is a conversation of its own: what one looks for does not distract another. */
export const passes: readonly Pass[] = [
  {
    name: 'correctness',
    brief: 'Correctness and performance: wrong results, missed cases (empty, one, many, repeated, out of range), errors that are lost, state that is left behind, races; work or memory that grows faster than it must.',
  },
  {
    name: 'security',
    brief: 'Security: input that is not trusted and reaches a command, a path, a query, a pattern, a page or a prototype; secrets that leave; checks that can be passed by.',
  },
  {
    name: 'contract',
    brief: 'Contract, tests and practice: criteria that are not met, signatures and behaviour that callers rely on, tests that were weakened or could not fail, documentation that is wrong now, a plainly simpler way that the project has already.',
  },
];
