import { parseProgram } from './parse-program.ts';
import { childrenOf, isNode, namesOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';
import { literalOf } from './syntax-values.ts';

/** A branch of the code that gives a fixed answer. */
export interface SpecialCase {
  readonly line: number;
  readonly rule: 'special-cased-input' | 'test-detection';
  /** What it asks for. */
  readonly inputs: readonly (string | number | boolean)[];
  readonly result: string | number | boolean | undefined;
}

/** Branches on changed lines that answer a few fixed inputs, or being tested, with a fixed value. */
export function findSpecialCases(text: string, file: string, lines: ReadonlySet<number>): readonly SpecialCase[] {
  const program = parseProgram(text, file);
  const found: SpecialCase[] = [];
  const visit = (node: SyntaxNode, siblings: number): void => {
    const line = node.loc?.start.line ?? 0;
    const branch = lines.has(line) ? branchOf(node) : undefined;
    if (branch !== undefined && siblings <= 2) {
      const result = answerOf(branch.answer);
      const inputs = inputsOf(branch.test);
      if (asksWhetherTested(branch.test) && branch.answer !== undefined && isFixed(branch.answer)) found.push({ line, rule: 'test-detection', inputs: [], result });
      else if (result !== undefined && isTelling(result) && inputs.some(isTelling)) found.push({ line, rule: 'special-cased-input', inputs, result });
    }
    const cases = node.type === 'SwitchStatement' ? (node['cases'] as readonly unknown[]).length : 0;
    for (const child of childrenOf(node)) visit(child, cases);
  };
  try {
    if (program !== undefined) visit(program, 0);
  } catch {
    // Nested deeper than the stack.
  }
  return found.slice(0, 100);
}

/** All literals below a node. */
export function literalsIn(node: SyntaxNode): ReadonlySet<string | number | boolean> {
  const found = new Set<string | number | boolean>();
  const pending = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const literal = literalOf(next);
    if (literal !== undefined) found.add(literal);
    pending.push(...childrenOf(next));
  }
  return found;
}

function branchOf(node: SyntaxNode): { readonly test: unknown; readonly answer: SyntaxNode | undefined } | undefined {
  if (node.type === 'IfStatement') return { test: node['test'], answer: returned(node['consequent']) };
  if (node.type === 'ConditionalExpression') return { test: node['test'], answer: node['consequent'] as SyntaxNode };
  if (node.type === 'SwitchCase' && isNode(node['test'])) {
    const [first] = node['consequent'] as readonly SyntaxNode[];
    return { test: { type: 'BinaryExpression', operator: '===', left: node['test'], right: node['test'] }, answer: returned(first) };
  }
  return undefined;
}

function returned(node: unknown): SyntaxNode | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'BlockStatement') {
    const body = node['body'] as readonly SyntaxNode[];
    return body.length === 1 ? returned(body[0]) : undefined;
  }
  return node.type === 'ReturnStatement' && isNode(node['argument']) ? node['argument'] : undefined;
}

function answerOf(node: SyntaxNode | undefined): string | number | boolean | undefined {
  return literalOf(node);
}

/** Literals that something is compared with. */
function inputsOf(test: unknown): readonly (string | number | boolean)[] {
  if (!isNode(test)) return [];
  if (test.type === 'LogicalExpression') return [...inputsOf(test['left']), ...inputsOf(test['right'])];
  if (test.type !== 'BinaryExpression' || !/^===?$/.test(String(test['operator']))) return [];
  return [literalOf(test['left']), literalOf(test['right'])].filter((one) => one !== undefined);
}

/** Not what any code asks for: nothing, one, a word. */
function isTelling(value: string | number | boolean): boolean {
  if (typeof value === 'number') return Math.abs(value) > 2 && ![10, 100, 1_000].includes(value);
  return typeof value === 'string' && value.length > 1 && !/^[A-Za-z_-]+$/.test(value);
}

function asksWhetherTested(test: unknown): boolean {
  if (!isNode(test)) return false;
  if (test.type === 'BinaryExpression') return /^===?$/.test(String(test['operator'])) && [test['left'], test['right']].some((side) => namesOf(side).join('.') === 'process.env.NODE_ENV') && [test['left'], test['right']].some((side) => literalOf(side) === 'test');
  if (test.type === 'LogicalExpression') return asksWhetherTested(test['left']) || asksWhetherTested(test['right']);
  return /^process\.env\.(VITEST|VITEST_WORKER_ID|JEST_WORKER_ID|NODE_TEST_CONTEXT|MOCHA|AVA_PATH|TAP)$/.test(namesOf(test).join('.'));
}

function isFixed(node: SyntaxNode): boolean {
  return literalOf(node) !== undefined || node.type === 'ObjectExpression' || node.type === 'ArrayExpression' || node.type === 'NullLiteral';
}
