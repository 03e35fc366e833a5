import { posix } from 'node:path';
import { childrenOf, isNode, namesOf } from './syntax-node.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** What a test file does beside its tests. */
export interface TestSetup {
  /** Modules that it imports, as written. */
  readonly imports: readonly string[];
  /** Modules below the project that it replaces, in whole or in part. */
  readonly mocks: readonly string[];
  /** How often it ends the process or decides on its exit code. */
  readonly exits: number;
}

/** Reads the imports, mocks and ends of a test file's program. */
export function readTestSetup(program: SyntaxNode): TestSetup {
  const imports = new Set<string>();
  const names = new Map<string, string>();
  const mocks = new Set<string>();
  let exits = 0;
  const visit = (node: SyntaxNode): void => {
    if (node.type === 'ImportDeclaration' && node['importKind'] !== 'type') {
      const source = String((node['source'] as SyntaxNode)['value']);
      imports.add(source);
      for (const specifier of node['specifiers'] as readonly SyntaxNode[]) for (const name of namesOf(specifier['local'])) names.set(name, source);
    }
    if (node.type === 'VariableDeclarator' && isNode(node['init'])) {
      const source = requiredBy(node['init']);
      if (source !== undefined) for (const name of namesOf(node['id'])) names.set(name, source);
    }
    const required = requiredBy(node);
    if (required !== undefined) imports.add(required);
    const mocked = node.type === 'CallExpression' ? mockedBy(node, names) : undefined;
    if (mocked !== undefined) mocks.add(mocked);
    if (endsProcess(node)) exits += 1;
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);
  return { imports: [...imports], mocks: [...mocks], exits };
}

/** The modules that a test file is about: of its own name, or the only one of the project that it imports. */
export function unitsOf(file: string, { imports }: TestSetup): readonly string[] {
  const own = imports.filter((name) => name.startsWith('.'));
  const stem = stemOf(file).replace(/[._-](test|spec)$/, '').replace(/^test[._-]/, '');
  const named = own.filter((name) => stemOf(name) === stem);
  return named.length > 0 ? named : own.length === 1 ? own : [];
}

function stemOf(file: string): string {
  return posix.basename(file).replace(/\.[cm]?[jt]sx?$/, '');
}

function requiredBy(node: SyntaxNode): string | undefined {
  const call = node.type === 'AwaitExpression' && isNode(node['argument']) ? node['argument'] : node;
  const isCall = call.type === 'CallExpression' && isNode(call['callee']) && (call['callee'].type === 'Import' || call['callee']['name'] === 'require');
  const source = isCall ? (call['arguments'] as readonly SyntaxNode[])[0] : call.type === 'ImportExpression' ? call['source'] : undefined;
  return isNode(source) && source.type === 'StringLiteral' ? String(source['value']) : undefined;
}

/** `vi.mock('../a.js')`, `mock.module('../a.js')`, `spyOn(a, 'b').mockReturnValue(1)` */
function mockedBy(node: SyntaxNode, names: ReadonlyMap<string, string>): string | undefined {
  const called = namesOf(node['callee']);
  const [first] = node['arguments'] as readonly SyntaxNode[];
  const last = called.at(-1) ?? '';
  if (called.length === 2 && /^(mock|doMock|module|unstable_mockModule|replace|replaceEsm|setMock)$/.test(last) && first?.type === 'StringLiteral' && String(first['value']).startsWith('.')) return String(first['value']);
  if (/^(mockReturnValue(Once)?|mockImplementation(Once)?|mockResolvedValue(Once)?|returns|resolves|callsFake)$/.test(last)) {
    const spied = spyBelow(node['callee']);
    return spied === undefined ? undefined : names.get(spied);
  }
  return last === 'method' && called.length === 2 && (node['arguments'] as readonly unknown[]).length > 2 && first?.type === 'Identifier' ? relative(names.get(String(first['name']))) : undefined;
}

function relative(name: string | undefined): string | undefined {
  return name?.startsWith('.') === true ? name : undefined;
}

function spyBelow(callee: unknown): string | undefined {
  const call = isNode(callee) ? callee['object'] : undefined;
  if (!isNode(call) || call.type !== 'CallExpression' || !/^(spyOn|stub)$/.test(namesOf(call['callee']).at(-1) ?? '')) return undefined;
  const [object] = call['arguments'] as readonly SyntaxNode[];
  return object?.type === 'Identifier' ? String(object['name']) : undefined;
}

function endsProcess(node: SyntaxNode): boolean {
  if (node.type === 'CallExpression') {
    const names = namesOf(node['callee']).join('.');
    const [event] = node['arguments'] as readonly SyntaxNode[];
    if (/^process\.(exit|abort|reallyExit)$/.test(names)) return true;
    return /^process\.(on|once|addListener|prependListener)$/.test(names) && /^(exit|beforeExit|uncaughtException|unhandledRejection)$/.test(String(event?.['value'] ?? ''));
  }
  if (node.type !== 'AssignmentExpression' || namesOf(node['left']).join('.') !== 'process.exitCode') return false;
  const right = node['right'];
  return !(isNode(right) && right.type === 'Identifier');
}
