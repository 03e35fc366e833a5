import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';

/** `a.b.c` and `this.a`, for what is kept about members; undefined for anything that is not plainly the same thing twice. */
export function accessText(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return String(node['name']);
  if (node.type === 'ThisExpression') return 'this';
  if (isWrapper(node)) return accessText(node['expression']);
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return undefined;
  const object = accessText(node['object']);
  if (object === undefined || !isNode(node['property'])) return undefined;
  if (node['computed'] !== true) return `${object}.${String(node['property']['name'] ?? nameOfPrivate(node['property']))}`;
  const key = node['property'];
  if (key.type === 'StringLiteral' || key.type === 'NumericLiteral') return `${object}.${String(key['value'])}`;
  const inner = accessText(key);
  return inner === undefined ? undefined : `${object}.[${inner}]`;
}

/** Types and parentheses around an expression. */
export function isWrapper(node: SyntaxNode): boolean {
  return node.type === 'TSNonNullExpression' || node.type === 'TSAsExpression' || node.type === 'TSSatisfiesExpression' || node.type === 'TSTypeAssertion' || node.type === 'ParenthesizedExpression' || node.type === 'TypeCastExpression' || node.type === 'ChainExpression' || node.type === 'TSInstantiationExpression';
}

/** Without the wrappers. */
export function unwrapped(node: unknown): SyntaxNode | undefined {
  let inner: unknown = node;
  while (isNode(inner) && isWrapper(inner)) inner = inner['expression'];
  return isNode(inner) ? inner : undefined;
}

export function nameOfPrivate(node: SyntaxNode): string {
  return isNode(node['id']) ? `#${String(node['id']['name'])}` : '?';
}
