import { childrenOf, isNode } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** Whether two expressions are written alike. */
export function isSameCode(left: SyntaxNode, right: SyntaxNode): boolean {
  if (left.type !== right.type || left['name'] !== right['name'] || left['value'] !== right['value'] && typeof left['value'] !== 'object' || left['operator'] !== right['operator']) return false;
  const [own, other] = [childrenOf(left), childrenOf(right)];
  return own.length === other.length && own.every((child, index) => isSameCode(child, other[index] as SyntaxNode));
}

/** A text, number or boolean as it is written; undefined for what is computed. */
export function literalOf(node: unknown): string | number | boolean | undefined {
  if (!isNode(node)) return undefined;
  if (/^(String|Numeric|Boolean)Literal$/.test(node.type)) return node['value'] as string | number | boolean;
  const argument = node['argument'];
  return node.type === 'UnaryExpression' && node['operator'] === '-' && isNode(argument) && argument.type === 'NumericLiteral' ? -Number(argument['value']) : undefined;
}

export function isConstant(node: SyntaxNode): boolean {
  return /^(String|Numeric|Boolean|BigInt|Null|RegExp)Literal$/.test(node.type);
}
