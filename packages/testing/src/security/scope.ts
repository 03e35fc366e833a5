import { childrenOf, isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';

/** A variable of one function, block or module. */
export interface Binding {
  readonly name: string;
  /** What it is initialised with, when nothing else can be assigned to it. */
  initial?: SyntaxNode;
}

export class Scope {
  readonly #names = new Map<string, Binding>();
  readonly parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  declare(name: string): Binding {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const binding: Binding = { name };
    this.#names.set(name, binding);
    return binding;
  }

  find(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.parent?.find(name);
  }
}

const hoistedNames = new WeakMap<SyntaxNode, readonly string[]>();

/** Names that `var` and functions declare anywhere in a function. */
export function hoisted(body: SyntaxNode): readonly string[] {
  const known = hoistedNames.get(body);
  if (known !== undefined) return known;
  const names: string[] = [];
  const pending: SyntaxNode[] = [body];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type === 'VariableDeclaration' && node['kind'] === 'var') for (const declarator of node['declarations'] as readonly SyntaxNode[]) patternNames(declarator['id'], names);
    if (node.type === 'FunctionDeclaration' && isNode(node['id'])) names.push(String(node['id']['name']));
    for (const child of childrenOf(node)) if (!isFunction(child) || child.type === 'FunctionDeclaration') pending.push(...(child.type === 'FunctionDeclaration' ? nameOnly(child) : [child]));
  }
  hoistedNames.set(body, names);
  return names;

  function nameOnly(declaration: SyntaxNode): readonly SyntaxNode[] {
    if (isNode(declaration['id'])) names.push(String(declaration['id']['name']));
    return [];
  }
}

export function isFunction(node: SyntaxNode): boolean {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression' || node.type === 'ObjectMethod' || node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod';
}

/** Names that a pattern binds. */
function patternNames(pattern: unknown, names: string[] = []): string[] {
  if (!isNode(pattern)) return names;
  if (pattern.type === 'Identifier') names.push(String(pattern['name']));
  else if (pattern.type === 'ObjectPattern') for (const property of pattern['properties'] as readonly SyntaxNode[]) patternNames(property['value'] ?? property['argument'], names);
  else if (pattern.type === 'ArrayPattern') for (const element of pattern['elements'] as readonly unknown[]) patternNames(element, names);
  else if (pattern.type === 'AssignmentPattern') patternNames(pattern['left'], names);
  else if (pattern.type === 'RestElement') patternNames(pattern['argument'], names);
  else if (pattern.type === 'TSParameterProperty') patternNames(pattern['parameter'], names);
  return names;
}
