import { isNode, namesOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** A call that declares a test or a suite. */
export interface TestCall {
  readonly name: string;
  readonly isSuite: boolean;
  /** `skip`, `only`, `todo`, from the name of the function or its options. */
  readonly modifiers: readonly string[];
  readonly body: SyntaxNode | undefined;
  /** Rows of a table of cases, 1 without one. */
  readonly rows: number;
}

const tests = ['test', 'it', 'specify', 'xit', 'xtest', 'fit', 'ftest'];
const suites = ['describe', 'suite', 'context', 'xdescribe', 'fdescribe', 'xcontext'];
const modifiers = ['skip', 'only', 'todo', 'each', 'for', 'concurrent', 'sequential', 'serial', 'failing', 'fails', 'skipIf', 'runIf', 'shuffle', 'extend', 'parallel', 'step', 'describe'];

/** Undefined for any other call. */
export function namesOfCall(node: SyntaxNode): TestCall | undefined {
  const names = namesOf(node['callee']);
  const given = Array.isArray(node['arguments']) ? (node['arguments'] as readonly unknown[]).filter(isNode) : [];
  const root = names[0] ?? '';
  // A subtest is `t.test(…)`.
  const at = tests.includes(root) || suites.includes(root) ? 0 : names.length === 2 && names[1] === 'test' ? 1 : -1;
  if (at === -1 || !names.slice(at + 1).every((name) => modifiers.includes(name))) return undefined;
  const name = textOf(given[0]);
  const body = given.findLast((argument) => argument.type === 'ArrowFunctionExpression' || argument.type === 'FunctionExpression');
  if (name === undefined || (body === undefined && (at === 1 || given.length > 2))) return undefined;
  const options = given.find((argument) => argument.type === 'ObjectExpression');
  const word = names[at] ?? '';
  return {
    name,
    isSuite: suites.includes(word) || names.includes('describe'),
    modifiers: [...names.slice(at + 1), ...(word.startsWith('x') ? ['skip'] : []), ...(word.startsWith('f') ? ['only'] : []), ...optionsOf(options)],
    body,
    rows: rowsOf(node['callee']),
  };
}

/** Whether the call keeps its test from running. */
export function isSkipped({ modifiers: given, body, isSuite }: TestCall): 'skip' | 'todo' | undefined {
  if (given.includes('skip')) return 'skip';
  return given.includes('todo') || (body === undefined && !isSuite) ? 'todo' : undefined;
}

function textOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type === 'StringLiteral') return String(node['value']);
  if (node?.type !== 'TemplateLiteral') return node?.type === 'Identifier' || node?.type === 'BinaryExpression' ? '…' : undefined;
  const parts = (node['quasis'] as readonly SyntaxNode[]).map((part) => (part['value'] as { readonly raw: string }).raw);
  return parts.join('…');
}

function optionsOf(options: SyntaxNode | undefined): readonly string[] {
  const properties = (options?.['properties'] ?? []) as readonly SyntaxNode[];
  return properties.flatMap((property) => {
    const [name = ''] = namesOf(property['key']);
    const value = property['value'];
    const isOff = isNode(value) && value.type === 'BooleanLiteral' && value['value'] === false;
    return ['skip', 'only', 'todo'].includes(name) && !isOff ? [name] : [];
  });
}

function rowsOf(callee: unknown): number {
  if (!isNode(callee) || callee.type !== 'CallExpression') return 1;
  const [table] = callee['arguments'] as readonly SyntaxNode[];
  return table?.type === 'ArrayExpression' ? Math.max(1, (table['elements'] as readonly unknown[]).length) : 1;
}
