import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';
import { classValue, makeFunction } from './expressions.ts';
import { elementsOf, keysOf } from './read-member.ts';
import type { Run } from './run.ts';
import { hoisted, Scope } from './scope.ts';
import type { Changes, State } from './state.ts';
import { unknown } from './value.ts';

/** Runs a statement on every way through it. */
export function executeStatement(run: Run, node: SyntaxNode, state: State): void {
  const execute = executors[node.type];
  if (execute !== undefined) execute(run, node, state);
}

type Execute = (run: Run, node: SyntaxNode, state: State) => void;

const evaluateIt: Execute = (run, node, state) => void run.evaluate(node['expression'], state);

const executors: { readonly [type: string]: Execute } = {
  ExpressionStatement: evaluateIt,
  VariableDeclaration: declare,
  FunctionDeclaration: () => undefined,
  ClassDeclaration: (run, node, state) => {
    const value = classValue(run, node, state);
    if (isNode(node['id'])) run.bind(node['id'], value, state, true);
  },
  ReturnStatement: (run, node, state) => {
    const value = node['argument'] == null ? unknown : run.evaluate(node['argument'], state);
    run.frame.onReturn?.(value, isNode(node['argument']) ? node['argument'] : undefined, state);
    run.frame.returns.push({ value, node: isNode(node['argument']) ? node['argument'] : undefined, changes: state.since(run.frame.began) });
    state.ended = true;
  },
  ThrowStatement: (run, node, state) => {
    run.evaluate(node['argument'], state);
    state.ended = true;
  },
  BreakStatement: leave,
  ContinueStatement: leave,
  BlockStatement: (run, node, state) => executeBlock(run, node['body'] as readonly SyntaxNode[], state),
  LabeledStatement: (run, node, state) => run.execute(node['body'] as SyntaxNode, state),
  IfStatement: branch,
  ForStatement: (run, node, state) => loop(run, state, () => {
    if (!isNode(node['init'])) return;
    if (node['init'].type === 'VariableDeclaration') run.execute(node['init'], state);
    else run.evaluate(node['init'], state);
  }, (way) => {
    if (isNode(node['test'])) {
      run.evaluate(node['test'], way);
      run.refine(node['test'], way, true);
    }
    run.execute(node['body'] as SyntaxNode, way);
    if (isNode(node['update']) && !way.ended) run.evaluate(node['update'], way);
  }),
  WhileStatement: (run, node, state) => loop(run, state, undefined, (way) => {
    run.evaluate(node['test'], way);
    run.refine(node['test'], way, true);
    run.execute(node['body'] as SyntaxNode, way);
  }),
  DoWhileStatement: (run, node, state) => loop(run, state, undefined, (way) => {
    run.execute(node['body'] as SyntaxNode, way);
    run.evaluate(node['test'], way);
  }),
  ForInStatement: each,
  ForOfStatement: each,
  SwitchStatement: choose,
  TryStatement: attempt,
  ExportNamedDeclaration: (run, node, state) => (isNode(node['declaration']) ? run.execute(node['declaration'], state) : undefined),
};

/** Statements in a scope of their own, its functions known from the start. */
function executeBlock(run: Run, body: readonly SyntaxNode[], state: State): void {
  const outer = run.frame.scope;
  run.frame.scope = new Scope(outer);
  declareFunctions(run, body, state);
  for (const statement of body) {
    if (state.ended) break;
    run.execute(statement, state);
  }
  run.frame.scope = outer;
}

/** Functions of a body, and its `var`s, before its first statement runs. */
export function declareFunctions(run: Run, body: readonly SyntaxNode[], state: State): void {
  for (const statement of body) {
    const inner = /^Export(Named|Default)Declaration$/.test(statement.type) && isNode(statement['declaration']) ? statement['declaration'] : statement;
    if (inner.type === 'FunctionDeclaration' && isNode(inner['id'])) run.bind(inner['id'], makeFunction(run, inner, state, undefined), state, true);
    if (inner.type === 'VariableDeclaration' || inner.type === 'ClassDeclaration') for (const declarator of (inner['declarations'] ?? [inner]) as readonly SyntaxNode[]) if (inner['kind'] !== 'var' && isNode(declarator['id']) && declarator['id'].type === 'Identifier') run.frame.scope.declare(String(declarator['id']['name']));
  }
}

export function declareVariables(run: Run, body: SyntaxNode): void {
  for (const name of hoisted(body)) run.frame.scope.declare(name);
}

function declare(run: Run, node: SyntaxNode, state: State): void {
  const isVar = node['kind'] === 'var';
  for (const declarator of node['declarations'] as readonly SyntaxNode[]) {
    const initial = declarator['init'];
    if (!isNode(initial) && isVar) continue;
    run.bind(declarator['id'], isNode(initial) ? run.evaluate(initial, state) : unknown, state, !isVar);
    const id = declarator['id'];
    if (isNode(id) && id.type === 'Identifier' && isNode(initial)) {
      const binding = run.frame.scope.find(String(id['name']));
      if (binding !== undefined) binding.initial = initial;
    }
  }
}

function branch(run: Run, node: SyntaxNode, state: State): void {
  run.evaluate(node['test'], state);
  const [yes, no] = [state.fork(), state.fork()];
  run.refine(node['test'], yes, true);
  run.refine(node['test'], no, false);
  run.execute(node['consequent'] as SyntaxNode, yes);
  if (isNode(node['alternate'])) run.execute(node['alternate'], no);
  state.merge([yes, no].filter((way) => !way.ended).map((way) => way.since(state)));
}

/** Twice, so that what one turn leaves is seen by the next. */
function loop(run: Run, state: State, begin: (() => void) | undefined, turn: (way: State) => void): void {
  const outer = run.frame.scope;
  run.frame.scope = new Scope(outer);
  begin?.();
  const exits: Changes[] = [];
  let now = state;
  const ways: Changes[] = [state.fork().changes];
  for (let count = 0; count < 2 && !now.ended; count += 1) {
    now = now.fork();
    run.frame.exits.push({ began: state, changes: exits });
    turn(now);
    run.frame.exits.pop();
    if (!now.ended) ways.push(now.since(state));
    // The next turn begins from what this one and none have in common.
    const next = state.fork();
    next.merge([...ways, ...exits]);
    now = next;
  }
  state.merge([...ways, ...exits]);
  run.frame.scope = outer;
}

function each(run: Run, node: SyntaxNode, state: State): void {
  const source = run.evaluate(node['right'], state);
  const item = node.type === 'ForInStatement' ? keysOf(source) : elementsOf(source);
  const left = node['left'] as SyntaxNode;
  const isDeclared = left.type === 'VariableDeclaration';
  const target = isDeclared ? (left['declarations'] as readonly SyntaxNode[])[0]?.['id'] : left;
  loop(run, state, undefined, (way) => {
    run.bind(target, item, way, isDeclared && left['kind'] !== 'var');
    run.execute(node['body'] as SyntaxNode, way);
  });
}

function choose(run: Run, node: SyntaxNode, state: State): void {
  const discriminant = node['discriminant'];
  run.evaluate(discriminant, state);
  const exits: Changes[] = [];
  run.frame.exits.push({ began: state, changes: exits });
  const outer = run.frame.scope;
  run.frame.scope = new Scope(outer);
  let falling: State | undefined;
  const ways: Changes[] = [];
  let hasDefault = false;
  // What comes to `default`, or past all cases, is none of their values.
  const rest = state.fork();
  const cases = node['cases'] as readonly SyntaxNode[];
  for (const one of cases) if (isNode(one['test'])) run.refine(equality(discriminant, one['test']), rest, false);
  for (const one of cases) {
    hasDefault ||= !isNode(one['test']);
    const way = isNode(one['test']) ? state.fork() : rest.fork();
    if (isNode(one['test'])) run.refine(equality(discriminant, one['test']), way, true);
    if (falling !== undefined && !falling.ended) way.merge([falling.since(state), way.fork().changes]);
    for (const statement of one['consequent'] as readonly SyntaxNode[]) if (!way.ended) run.execute(statement, way);
    falling = way;
  }
  run.frame.exits.pop();
  if (falling !== undefined && !falling.ended) ways.push(falling.since(state));
  if (!hasDefault) ways.push(rest.since(state));
  run.frame.scope = outer;
  state.merge([...ways, ...exits]);
}

function equality(left: unknown, right: unknown): SyntaxNode {
  return { type: 'BinaryExpression', operator: '===', left, right };
}

function attempt(run: Run, node: SyntaxNode, state: State): void {
  const way = state.fork();
  run.execute(node['block'] as SyntaxNode, way);
  const ways = way.ended ? [] : [way.since(state)];
  if (isNode(node['handler'])) {
    const caught = state.fork();
    const outer = run.frame.scope;
    run.frame.scope = new Scope(outer);
    if (isNode(node['handler']['param'])) run.bind(node['handler']['param'], unknown, caught, true);
    run.execute(node['handler']['body'] as SyntaxNode, caught);
    run.frame.scope = outer;
    if (!caught.ended) ways.push(caught.since(state));
  }
  state.merge(ways);
  if (isNode(node['finalizer'])) {
    const hasEnded = state.ended;
    state.ended = false;
    run.execute(node['finalizer'], state);
    state.ended ||= hasEnded;
  }
}

function leave(run: Run, _node: SyntaxNode, state: State): void {
  const exit = run.frame.exits.at(-1);
  exit?.changes.push(state.since(exit.began));
  state.ended = true;
}
