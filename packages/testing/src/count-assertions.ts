import { weigh } from './assertion-strength.ts';
import type { Bound, Strength } from './assertion-strength.ts';
import { childrenOf, isNode, namesOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';

export type { Bound, Strength } from './assertion-strength.ts';

const nothing: Strength = { values: 0, exact: 0, bounds: [] };
const maxRows = 1_000;

/** Weighs what the code of a test checks, through functions of the same file. Checks that cannot fail, or are not reached, do not count. */
export function createAssertionCounter(program: SyntaxNode): (node: SyntaxNode) => Strength {
  const functions = new Map<string, SyntaxNode>();
  const constants = new Map<string, SyntaxNode>();
  const asserting = new Set(['assert', 'expect', 'should', 'chai', 'strict', 'sinon']);
  collect(program, functions, constants, asserting);
  const known = new Map<string, Strength>();

  function count(node: SyntaxNode): Strength {
    if (node.type === 'TryStatement') return countTry(node);
    if (node.type === 'BlockStatement') return countBlock(node['body'] as readonly SyntaxNode[]);
    if (node.type === 'IfStatement' && isNever(node['test'])) return isNode(node['alternate']) ? count(node['alternate']) : nothing;
    if (node.type === 'ExpressionStatement' && isUnawaited(node['expression'])) return nothing;
    if (node.type === 'CallExpression' && isCaught(node)) return nothing;
    const own = node.type === 'CallExpression' ? countCall(node) : isShould(node) || isChaiProperty(node) ? chaiProperty(node) : nothing;
    const inner = childrenOf(node).map(count).reduce(add, nothing);
    return add(own, times(inner, rowsOf(node)));
  }

  /** Up to where it ends for certain. */
  function countBlock(body: readonly SyntaxNode[]): Strength {
    let total = nothing;
    for (const statement of body) {
      total = add(total, count(statement));
      if (statement.type === 'ReturnStatement' || statement.type === 'ThrowStatement') break;
    }
    return total;
  }

  /** What fails inside is lost when nothing is done about it. */
  function countTry(node: SyntaxNode): Strength {
    const handler = node['handler'];
    const swallows = isNode(handler) && isNode(handler['body']) && isIdle(handler['body']);
    return childrenOf(node).map((child) => (swallows && child === node['block'] ? nothing : count(child))).reduce(add, nothing);
  }

  function countCall(node: SyntaxNode): Strength {
    const names = namesOf(node['callee']);
    const [root = ''] = names;
    const given = (node['arguments'] as readonly unknown[]).filter(isNode);
    const helper = names.length === 1 ? functions.get(root) : undefined;
    if (helper !== undefined) return countHelper(root, helper);
    // `expect(x).toBe(1)` is two calls: the outer one is the check.
    if (root === 'expect' && isNode(node['callee']) && node['callee'].type === 'Identifier') return nothing;
    const compared = root === 'expect' ? [...expected(node['callee']), ...given] : given;
    const isCheck = asserting.has(root) || (isContext(root) && isContextCheck(names[1] ?? '')) || (names.length === 1 && /^(assert|expect|check|verify|should)[A-Z_]/.test(root));
    if (!isCheck || ['assertions', 'hasAssertions', 'extend', 'plan'].includes(names.at(-1) ?? '')) return nothing;
    return weigh({ names, given, compared, numberOf: (value) => numberOf(value, constants) });
  }

  function countHelper(name: string, node: SyntaxNode): Strength {
    const found = known.get(name);
    if (found !== undefined) return found;
    known.set(name, nothing);
    const total = count(node);
    known.set(name, total);
    return total;
  }

  /** How often a loop over a list that is written down turns. */
  function rowsOf(node: SyntaxNode): number {
    const isLoop = node.type === 'ForOfStatement';
    const isEach = node.type === 'CallExpression' && namesOf(node['callee']).at(-1) === 'forEach' && isNode(node['callee']);
    const list = isLoop ? node['right'] : isEach ? (node['callee'] as SyntaxNode)['object'] : undefined;
    if (!isNode(list)) return 1;
    const written = list.type === 'Identifier' ? constants.get(String(list['name'])) : list;
    return written?.type === 'ArrayExpression' ? Math.min(maxRows, Math.max(1, (written['elements'] as readonly unknown[]).length)) : 1;
  }

  return count;
}

function add(left: Strength, right: Strength): Strength {
  if (right === nothing) return left;
  return left === nothing ? right : { values: left.values + right.values, exact: left.exact + right.exact, bounds: [...left.bounds, ...right.bounds] };
}

function times(strength: Strength, rows: number): Strength {
  return rows === 1 ? strength : { ...strength, values: strength.values * rows, exact: strength.exact * rows };
}

function collect(node: SyntaxNode, functions: Map<string, SyntaxNode>, constants: Map<string, SyntaxNode>, asserting: Set<string>): void {
  if (node.type === 'FunctionDeclaration' && isNode(node['body'])) for (const name of namesOf(node['id'])) functions.set(name, node['body']);
  if (node.type === 'VariableDeclarator' && isNode(node['init']) && isNode(node['id']) && node['id'].type === 'Identifier') {
    const [name = ''] = namesOf(node['id']);
    if (/Function/.test(node['init'].type) && isNode(node['init']['body'])) functions.set(name, node['init']['body']);
    else if (/Literal$|^ArrayExpression$/.test(node['init'].type)) constants.set(name, node['init']);
  }
  if (node.type === 'ImportDeclaration' && isNode(node['source']) && /(^|:)(assert(\/strict)?|chai|expect|should)$/.test(String(node['source']['value']))) {
    for (const specifier of node['specifiers'] as readonly SyntaxNode[]) for (const name of namesOf(specifier['local'])) asserting.add(name);
  }
  for (const child of childrenOf(node)) collect(child, functions, constants, asserting);
}

function numberOf(node: SyntaxNode | undefined, constants: ReadonlyMap<string, SyntaxNode>): number | undefined {
  const written = node?.type === 'Identifier' ? constants.get(String(node['name'])) : node;
  return written?.type === 'NumericLiteral' ? Number(written['value']) : undefined;
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

function chaiProperty(node: SyntaxNode): Strength {
  const names = namesOf(isShould(node) ? node : node['expression']);
  const isExact = !names.includes('not') && /^(true|false|null|undefined|NaN|empty|should)$/.test(names.at(-1) ?? '');
  return { values: 1, exact: isExact ? 1 : 0, bounds: [] };
}

/** The arguments of `expect` below a chain of matchers. */
function expected(node: unknown): readonly SyntaxNode[] {
  if (!isNode(node)) return [];
  if (node.type === 'CallExpression' && isNode(node['callee']) && node['callee'].type === 'Identifier') return (node['arguments'] as readonly unknown[]).filter(isNode);
  return expected(node['object'] ?? node['callee']);
}

/** `if (false)` */
function isNever(test: unknown): boolean {
  if (!isNode(test)) return false;
  if (test.type === 'LogicalExpression' && test['operator'] === '&&') return isNever(test['left']) || isNever(test['right']);
  return (test.type === 'BooleanLiteral' && test['value'] === false) || (test.type === 'NumericLiteral' && test['value'] === 0) || test.type === 'NullLiteral';
}

/** A promise of a check that nobody waits for. */
function isUnawaited(expression: unknown): boolean {
  if (!isNode(expression) || expression.type !== 'CallExpression') return false;
  const names = namesOf(expression);
  return names[0] === 'expect' ? names.includes('rejects') || names.includes('resolves') : names.length === 2 && /^(rejects|doesNotReject)$/.test(names[1] ?? '');
}

/** `check().catch(() => {})` */
function isCaught(node: SyntaxNode): boolean {
  const callee = node['callee'];
  if (!isNode(callee) || !isNode(callee['property']) || callee['property']['name'] !== 'catch') return false;
  const [handler] = node['arguments'] as readonly SyntaxNode[];
  return handler !== undefined && /Function/.test(handler.type) && isNode(handler['body']) && (handler['body'].type === 'BlockStatement' ? isIdle(handler['body']) : !/Call/.test(handler['body'].type));
}

/** It only says something, or leaves. */
function isIdle(body: SyntaxNode): boolean {
  return (body['body'] as readonly SyntaxNode[]).every((statement) => {
    if (statement.type === 'EmptyStatement' || (statement.type === 'ReturnStatement' && statement['argument'] == null)) return true;
    return statement.type === 'ExpressionStatement' && /^(console|logger|log|t|process)$/.test(namesOf(statement['expression'])[0] ?? '') && /^(log|info|warn|error|debug|comment|diagnostic|write|stdout)$/.test(namesOf(statement['expression']).at(-1) ?? '');
  });
}

/** Bounds of one kind that became wider, whatever their order. */
export function isWidened(before: readonly Bound[], now: readonly Bound[]): boolean {
  return (['tolerance', 'upper', 'lower'] as const).some((kind) => {
    const sorted = (bounds: readonly Bound[]): readonly number[] => bounds.filter((bound) => bound.kind === kind).map(({ value }) => value).sort((left, right) => left - right);
    const [old, next] = [sorted(before), sorted(now)];
    return old.length === next.length && old.some((value, index) => (kind === 'lower' ? (next[index] ?? value) < value : (next[index] ?? value) > value));
  });
}

