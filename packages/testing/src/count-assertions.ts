import { childrenOf, isNode, namesOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** Counts what the code of a test checks, through functions of the same file. Checks that cannot fail do not count. */
export function createAssertionCounter(program: SyntaxNode): (node: SyntaxNode) => number {
  const functions = new Map<string, SyntaxNode>();
  const asserting = new Set(['assert', 'expect', 'should', 'chai', 'strict', 'sinon']);
  collect(program, functions, asserting);
  const known = new Map<string, number>();

  function count(node: SyntaxNode): number {
    if (node.type === 'TryStatement') return countTry(node);
    const own = node.type === 'CallExpression' ? countCall(node) : isShould(node) || isChaiProperty(node) ? 1 : 0;
    return own + childrenOf(node).reduce((sum, child) => sum + count(child), 0);
  }

  /** What fails inside is lost when nothing is done about it. */
  function countTry(node: SyntaxNode): number {
    const handler = node['handler'];
    const swallows = isNode(handler) && isNode(handler['body']) && (handler['body']['body'] as readonly unknown[]).length === 0;
    return childrenOf(node).reduce((sum, child) => sum + (swallows && child === node['block'] ? 0 : count(child)), 0);
  }

  function countCall(node: SyntaxNode): number {
    const names = namesOf(node['callee']);
    const [root = ''] = names;
    const given = (node['arguments'] as readonly unknown[]).filter(isNode);
    const helper = names.length === 1 ? functions.get(root) : undefined;
    if (helper !== undefined) return countHelper(root, helper);
    // `expect(x).toBe(1)` is two calls: the outer one is the check.
    if (root === 'expect' && isNode(node['callee']) && node['callee'].type === 'Identifier') return 0;
    const compared = root === 'expect' ? [...expected(node['callee']), ...given] : given;
    const isCheck = asserting.has(root) || (isContext(root) && isContextCheck(names[1] ?? '')) || (names.length === 1 && /^(assert|expect|check|verify|should)[A-Z_]/.test(root));
    if (!isCheck || ['assertions', 'hasAssertions', 'extend', 'plan'].includes(names.at(-1) ?? '')) return 0;
    return compared.length > 0 && compared.every(isConstant) ? 0 : Math.max(1, ...given.map(values));
  }

  function countHelper(name: string, node: SyntaxNode): number {
    const found = known.get(name);
    if (found !== undefined) return found;
    known.set(name, 0);
    const total = count(node);
    known.set(name, total);
    return total;
  }

  return count;
}

function collect(node: SyntaxNode, functions: Map<string, SyntaxNode>, asserting: Set<string>): void {
  if (node.type === 'FunctionDeclaration' && isNode(node['body'])) for (const name of namesOf(node['id'])) functions.set(name, node['body']);
  if (node.type === 'VariableDeclarator' && isNode(node['init']) && /Function/.test(node['init'].type) && isNode(node['init']['body'])) for (const name of namesOf(node['id'])) functions.set(name, node['init']['body']);
  if (node.type === 'ImportDeclaration' && isNode(node['source']) && /(^|:)(assert(\/strict)?|chai|expect|should)$/.test(String(node['source']['value']))) {
    for (const specifier of node['specifiers'] as readonly SyntaxNode[]) for (const name of namesOf(specifier['local'])) asserting.add(name);
  }
  for (const child of childrenOf(node)) collect(child, functions, asserting);
}

function isContext(name: string): boolean {
  return name === 't' || name === 'tt' || name === 'st';
}

function isContextCheck(name: string): boolean {
  return /^(is|not|like|deep|equal|same|strict|loose|ok|true|false|truthy|falsy|throws|rejects|resolves|doesNot|match|regex|assert|snapshot|fail|notOk|error|ifError|has|type)/.test(name);
}

function isShould(node: SyntaxNode): boolean {
  return node.type === 'MemberExpression' && namesOf(node).at(-1) === 'should';
}

/** `expect(x).to.be.true` */
function isChaiProperty(node: SyntaxNode): boolean {
  const expression = node['expression'];
  return node.type === 'ExpressionStatement' && isNode(expression) && expression.type === 'MemberExpression' && namesOf(expression)[0] === 'expect';
}

/** The arguments of `expect` below a chain of matchers. */
function expected(node: unknown): readonly SyntaxNode[] {
  if (!isNode(node)) return [];
  if (node.type === 'CallExpression' && isNode(node['callee']) && node['callee'].type === 'Identifier') return (node['arguments'] as readonly unknown[]).filter(isNode);
  return expected(node['object'] ?? node['callee']);
}

function isConstant(node: SyntaxNode): boolean {
  return /^(String|Numeric|Boolean|BigInt|Null|RegExp)Literal$/.test(node.type);
}

/** Values in an expected object or array. */
function values(node: SyntaxNode): number {
  if (node.type !== 'ObjectExpression' && node.type !== 'ArrayExpression') return 1;
  const parts = (node['properties'] ?? node['elements']) as readonly unknown[];
  return parts.filter(isNode).reduce((sum, part) => sum + values(part.type === 'ObjectProperty' && isNode(part['value']) ? part['value'] : part), 0);
}
