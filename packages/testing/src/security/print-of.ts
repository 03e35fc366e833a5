import { childrenOf } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';

const maxLength = 400;

/** Code without its names and layout, so that the same code is known again after it was moved or renamed. */
export function printOf(node: SyntaxNode): string {
  const parts: string[] = [];
  let length = 0;
  const pending: SyntaxNode[] = [node];
  for (let next = pending.pop(); next !== undefined && length < maxLength; next = pending.pop()) {
    const text = wordOf(next);
    parts.push(text);
    length += text.length + 1;
    pending.push(...childrenOf(next).toReversed());
  }
  return parts.join(' ').slice(0, maxLength);
}

function wordOf(node: SyntaxNode): string {
  if (node.type === 'StringLiteral' || node.type === 'NumericLiteral' || node.type === 'BooleanLiteral') return String(node['value']).slice(0, 60);
  if (node.type === 'TemplateElement') return (node['value'] as { readonly raw: string }).raw.slice(0, 60);
  if (node.type === 'RegExpLiteral') return String(node['pattern']).slice(0, 200);
  if (node.type === 'BinaryExpression' || node.type === 'AssignmentExpression') return String(node['operator']);
  return node.type === 'Identifier' ? '_' : node.type.replace(/^Optional/, '').replace('Expression', '');
}
