import { isSkipped, namesOfCall } from './test-call.ts';
import { createAssertionCounter } from './count-assertions.ts';
import type { Bound } from './count-assertions.ts';
import { parseProgram } from './parse-program.ts';
import { readTestSetup } from './read-test-setup.ts';
import type { TestSetup } from './read-test-setup.ts';
import { literalsIn } from './find-special-cases.ts';
import { childrenOf, isNode, namesOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** One test as a file declares it. */
export interface DeclaredTest {
  /** `suite > name`. */
  readonly name: string;
  readonly line: number;
  readonly idle: 'skip' | 'todo' | undefined;
  readonly only: boolean;
  /** It passes when it fails. */
  readonly inverted: boolean;
  /** What it checks: assertions that can fail, each by the number of values it compares. */
  readonly assertions: number;
  /** Of them, values that are compared with what they should be, not only looked for. */
  readonly exact: number;
  readonly bounds: readonly Bound[];
  readonly literals: ReadonlySet<string | number | boolean>;
}

/** A test file as far as it is compared. */
export interface TestFile {
  readonly tests: readonly DeclaredTest[];
  readonly setup: TestSetup;
}

/** The tests that a JavaScript or TypeScript file declares; undefined when it cannot be parsed. */
export function readTests(text: string, file: string): readonly DeclaredTest[] | undefined {
  return readTestFile(text, file)?.tests;
}

/** Tests and what stands around them; undefined when it cannot be parsed. */
export function readTestFile(text: string, file: string): TestFile | undefined {
  const program = parseProgram(text, file);
  try {
    return program === undefined ? undefined : { tests: collect(program), setup: readTestSetup(program) };
  } catch {
    // Nested deeper than the stack.
    return undefined;
  }
}

function collect(program: SyntaxNode): readonly DeclaredTest[] {
  const count = createAssertionCounter(program);
  const tests: DeclaredTest[] = [];
  const visit = (node: SyntaxNode, path: readonly string[], above: Pick<DeclaredTest, 'idle' | 'only' | 'inverted'>): void => {
    const call = node.type === 'CallExpression' ? namesOfCall(node) : undefined;
    if (call === undefined) {
      for (const child of childrenOf(node)) visit(child, path, above);
      return;
    }
    const name = [...path, call.name];
    const body = call.body;
    const state = { idle: above.idle ?? isSkipped(call) ?? (body !== undefined && !call.isSuite && skipsItself(body) ? 'skip' : undefined), only: above.only || call.modifiers.includes('only'), inverted: above.inverted || call.modifiers.some((modifier) => modifier === 'fails' || modifier === 'failing') };
    if (!call.isSuite) {
      const strength = body === undefined ? { values: 0, exact: 0, bounds: [] } : count(body);
      tests.push({ name: name.join(' > '), line: node.loc?.start.line ?? 0, ...state, assertions: strength.values * call.rows, exact: strength.exact * call.rows, bounds: strength.bounds, literals: body === undefined ? new Set() : literalsIn(body) });
    }
    if (body !== undefined) for (const child of childrenOf(body)) visit(child, name, state);
  };
  visit(program, [], { idle: undefined, only: false, inverted: false });
  return tests;
}

/** `t.skip()` or `this.skip()` whatever happens. */
function skipsItself(body: SyntaxNode): boolean {
  const inner = isNode(body['body']) ? body['body']['body'] : undefined;
  return Array.isArray(inner) && (inner as readonly SyntaxNode[]).some((statement) => {
    const call = statement.type === 'ExpressionStatement' ? statement['expression'] : undefined;
    return isNode(call) && call.type === 'CallExpression' && namesOf(call['callee']).length === 2 && namesOf(call['callee'])[1] === 'skip';
  });
}
