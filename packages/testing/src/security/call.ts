import type { SyntaxNode } from '../syntax-node.ts';
import type { Value } from './value.ts';

/** A call as its parts. */
export interface Call {
  readonly node: SyntaxNode;
  /** The last name of what is called. */
  readonly name: string;
  /** What a method is called on. */
  readonly object: Value | undefined;
  readonly given: readonly Value[];
  readonly nodes: readonly SyntaxNode[];
  readonly isNew: boolean;
}
