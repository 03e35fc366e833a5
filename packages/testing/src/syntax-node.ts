/** A node of the syntax tree, as far as we look at it. */
export interface SyntaxNode {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } };
  readonly [key: string]: unknown;
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string';
}

/** The nodes right below a node, in the order of the text. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  return Object.entries(node).flatMap(([key, value]) => (key === 'loc' || key.endsWith('Comments') ? [] : Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));
}

/** `a.b.c` as its names; the calls between them are left out, so that `a(1).b.c(2)` is `a`, `b`, `c`. */
export function namesOf(node: unknown): readonly string[] {
  if (!isNode(node)) return [];
  if (node.type === 'Identifier') return [String(node['name'])];
  if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression') {
    const property = node['property'];
    const object = namesOf(node['object']);
    return [...(object.length === 0 ? ['?'] : object), isNode(property) ? String(property['name'] ?? property['value'] ?? '') : ''];
  }
  if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression' || node.type === 'TaggedTemplateExpression') return namesOf(node['callee'] ?? node['tag']);
  if (node.type === 'AwaitExpression') return namesOf(node['argument']);
  return [];
}
