import { isSkipped, namesOfCall } from './test-call.ts';
import { createAssertionCounter } from './count-assertions.ts';
import { parseProgram } from './parse-program.ts';
import { childrenOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** One test as a file declares it. */
export interface DeclaredTest {
  /** `suite > name`. */
  readonly name: string;
  readonly line: number;
  readonly idle: 'skip' | 'todo' | undefined;
  readonly only: boolean;
  /** What it checks: assertions that can fail, each by the number of values it compares. */
  readonly assertions: number;
}

/** The tests that a JavaScript or TypeScript file declares; undefined when it cannot be parsed. */
export function readTests(text: string, file: string): readonly DeclaredTest[] | undefined {
  const program = parseProgram(text, file);
  try {
    return program === undefined ? undefined : collect(program);
  } catch {
    // Nested deeper than the stack.
    return undefined;
  }
}

function collect(program: SyntaxNode): readonly DeclaredTest[] {
  const count = createAssertionCounter(program);
  const tests: DeclaredTest[] = [];
  const visit = (node: SyntaxNode, path: readonly string[], above: { readonly idle: DeclaredTest['idle']; readonly only: boolean }): void => {
    const call = node.type === 'CallExpression' ? namesOfCall(node) : undefined;
    if (call === undefined) {
      for (const child of childrenOf(node)) visit(child, path, above);
      return;
    }
    const name = [...path, call.name];
    const state = { idle: above.idle ?? isSkipped(call), only: above.only || call.modifiers.includes('only') };
    const body = call.body;
    if (!call.isSuite) tests.push({ name: name.join(' > '), line: node.loc?.start.line ?? 0, ...state, assertions: body === undefined ? 0 : count(body) * call.rows });
    if (body !== undefined) for (const child of childrenOf(body)) visit(child, name, state);
  };
  visit(program, [], { idle: undefined, only: false });
  return tests;
}
