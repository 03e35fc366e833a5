import { posix } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseProgram } from '../parse-program.ts';
import { isNode } from '../syntax-node.ts';
import type { SyntaxNode } from '../syntax-node.ts';
import { arrayOf, bindPattern } from './assignments.ts';
import { construct, constructorOf } from './calls.ts';
import { refine } from './checks.ts';
import { evaluateExpression } from './expressions.ts';
import { createLibraryNames } from './library-names.ts';
import { printOf } from './print-of.ts';
import { isRequestParameter, requestValue } from './requests.ts';
import type { Frame, OnReturn, Problem, Run } from './run.ts';
import { isFunction, Scope } from './scope.ts';
import { State } from './state.ts';
import { declareFunctions, declareVariables, executeStatement } from './statements.ts';
import { from, joinTaint } from './taint.ts';
import { createObject, join, library, ofRef, ofTaint, unknown } from './value.ts';
import type { FunctionRef, ObjectRef, Value } from './value.ts';

export interface Analysis {
  readonly problems: readonly Problem[];
  /** Files that were too long, no program, or took too many steps. */
  readonly partly: readonly string[];
}

export interface AnalyseOptions {
  /** Files of the project with their text; those that are wanted are walked through, the others where they are imported. */
  readonly files: ReadonlyMap<string, string>;
  readonly wanted?: readonly string[];
  readonly signal?: AbortSignal;
}

const stepsOfFile = 60_000;
const stepsOfAll = 4_000_000;
const maxDepth = 24;
const maxNesting = 400;

/** Follows what comes from outside through a project's code to where it does harm. Runs nothing of it. */
export async function analyseProject({ files, wanted = [...files.keys()], signal }: AnalyseOptions): Promise<Analysis> {
  const walk = new Walk(files);
  for (const [index, file] of wanted.entries()) {
    // An abort arrives between files.
    if (index % 10 === 0) await setImmediate();
    signal?.throwIfAborted();
    walk.visit(file);
  }
  return { problems: walk.problems(), partly: [...walk.partly].sort() };
}

interface Module {
  readonly exports: Value;
  readonly holder: ObjectRef;
  /** Functions in the order in which they came up. */
  readonly functions: FunctionRef[];
  isDone: boolean;
}

class TooMuch extends Error {}

class Walk implements Run {
  readonly partly = new Set<string>();
  readonly #files: ReadonlyMap<string, string>;
  readonly #modules = new Map<string, Module>();
  readonly #found = new Map<string, Problem>();
  readonly #called = new Set<SyntaxNode>();
  readonly #results = new Map<SyntaxNode, Map<string, Value>>();
  readonly #active: SyntaxNode[] = [];
  readonly #state = new State();
  readonly #names = createLibraryNames();
  #steps = 0;
  #allSteps = 0;
  #nesting = 0;
  #module: Module | undefined;
  frame: Frame;

  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
    this.frame = this.#frameOf('', new Scope(), unknown, { type: 'Program' }, this.#state);
  }

  problems(): readonly Problem[] {
    return [...this.#found.values()].sort((left, right) => (left.file < right.file ? -1 : left.file > right.file ? 1 : left.line - right.line));
  }

  /** All ways into a file: its own code, what it exports, and functions that nothing here calls. */
  visit(file: string): void {
    this.#steps = 0;
    this.#guard(file, () => {
      const module = this.#load(file, this.#state);
      if (module === undefined) return;
      this.#steps = 0;
      this.#guard(file, () => this.#enterExports(file, module));
      this.#guard(file, () => {
        for (const target of module.functions) if (!this.#called.has(target.node)) this.#enter(target, target.self, false);
      });
    });
  }

  evaluate(node: unknown, state: State): Value {
    if (!isNode(node)) return unknown;
    if (node.type === 'Kept') return node['value'] as Value;
    this.#step();
    this.#nesting += 1;
    try {
      if (this.#nesting > maxNesting) throw new TooMuch();
      return evaluateExpression(this, node, state);
    } finally {
      this.#nesting -= 1;
    }
  }

  execute(node: SyntaxNode, state: State): void {
    this.#step();
    this.#nesting += 1;
    try {
      if (this.#nesting > maxNesting) throw new TooMuch();
      executeStatement(this, node, state);
    } finally {
      this.#nesting -= 1;
    }
  }

  bind(pattern: unknown, value: Value, state: State, declare: boolean): void {
    bindPattern(this, pattern, value, state, declare);
  }

  refine(test: unknown, state: State, holds: boolean): void {
    this.#step();
    refine(this, test, state, holds);
  }

  call(target: FunctionRef, self: Value, given: readonly Value[], state: State, onReturn?: OnReturn, all?: Value): Value {
    if (!isFunction(target.node)) return construct(this, target, given, state);
    this.#step();
    const depth = this.#active.filter((node) => node === target.node).length;
    if (depth >= 2 || this.#active.length >= maxDepth) return ofTaint(given.map((value) => value.taint).reduce(joinTaint, new Map()));
    this.#called.add(target.node);
    // Deep in, what a function did with the same values it is taken to do again.
    const key = onReturn === undefined && this.#active.length > 4 ? signatureOf(self, given) : undefined;
    const results = this.#results.get(target.node);
    const counted = key === undefined ? undefined : results?.get(key);
    if (counted !== undefined) return counted;
    const began = state;
    const way = state.fork();
    const outer = this.frame;
    const scope = new Scope(target.scope);
    this.frame = { ...this.#frameOf(target.file, scope, self, target.node, began), ...(onReturn === undefined ? {} : { onReturn }) };
    this.#active.push(target.node);
    const nesting = this.#nesting;
    this.#nesting = Math.min(nesting, maxNesting / 2);
    try {
      this.#bindParameters(target, given, way, all);
      const body = target.node['body'] as SyntaxNode;
      if (body.type === 'BlockStatement') {
        declareVariables(this, body);
        declareFunctions(this, body['body'] as readonly SyntaxNode[], way);
        for (const statement of body['body'] as readonly SyntaxNode[]) {
          if (way.ended) break;
          this.execute(statement, way);
        }
        if (!way.ended) this.frame.onReturn?.(unknown, { type: 'Identifier', name: 'undefined' }, way);
      } else {
        const value = this.evaluate(body, way);
        this.frame.onReturn?.(value, body, way);
        this.frame.returns.push({ value, node: body, changes: way.since(began) });
        way.ended = true;
      }
      const { returns } = this.frame;
      const ways = [...returns.map(({ changes }) => changes), ...(way.ended ? [] : [way.since(began)])];
      if (ways.length > 0) began.merge(ways);
      const result = returns.map(({ value }) => value).reduce(join, unknown);
      const [only] = returns;
      const value = returns.length === 1 && way.ended && only !== undefined ? only.value : result;
      if (key !== undefined) this.#results.set(target.node, (results ?? new Map<string, Value>()).set(key, value));
      return value;
    } finally {
      this.#active.pop();
      this.frame = outer;
      this.#nesting = nesting;
    }
  }

  load(specifier: string): Value | undefined {
    const file = this.#resolve(this.frame.file, specifier);
    if (file === undefined) return specifier.startsWith('.') || specifier.startsWith('/') ? unknown : library(this.#names.nameOf(specifier));
    const module = this.#load(file, this.#state);
    return module?.exports ?? unknown;
  }

  uses(pattern: RegExp): boolean {
    return this.#names.uses(this.#files.get(this.frame.file) ?? '', this.frame.file).some((name) => pattern.test(name));
  }

  report(problem: Omit<Problem, 'file' | 'line' | 'print'>, at: SyntaxNode): void {
    const line = at.loc?.start.line ?? 0;
    const key = `${this.frame.file}:${line}:${problem.category}`;
    if (!this.#found.has(key)) this.#found.set(key, { ...problem, file: this.frame.file, line, print: printOf(at) });
  }

  noteFunction(target: FunctionRef): void {
    if (this.#module !== undefined && this.#module.functions.length < 5_000) this.#module.functions.push(target);
  }

  #step(): void {
    this.#steps += 1;
    this.#allSteps += 1;
    if (this.#steps > stepsOfFile || this.#allSteps > stepsOfAll) throw new TooMuch();
  }

  /** One file that is hostile, or only long, does not end the walk. */
  #guard(file: string, work: () => void): void {
    const { frame } = this;
    const module = this.#module;
    try {
      work();
    } catch (error) {
      if (!(error instanceof TooMuch) && !(error instanceof RangeError)) throw error;
      this.partly.add(file);
      this.#active.length = 0;
      this.#nesting = 0;
      this.frame = frame;
      this.#module = module;
    }
  }

  #frameOf(file: string, scope: Scope, self: Value, node: SyntaxNode, began: State): Frame {
    return { file, scope, self, node, began, returns: [], exits: [] };
  }

  #bindParameters(target: FunctionRef, given: readonly Value[], state: State, all?: Value): void {
    const list = (target.node['params'] ?? []) as readonly SyntaxNode[];
    if (target.node.type !== 'ArrowFunctionExpression') state.changes.variables.set(this.frame.scope.declare('arguments'), all ?? arrayOf(given));
    list.forEach((parameter, index) => {
      const value = parameter.type === 'RestElement' ? (all === undefined ? arrayOf(given.slice(index)) : (given[index] ?? unknown)) : (given[index] ?? unknown);
      // What a handler is given where it is not known: by the name of its parameter.
      const known = value.taint.size === 0 && value.refs.length === 0 && value.text === undefined && isRequestParameter(parameter) ? requestValue : value;
      this.bind(parameter, known, state, true);
    });
  }

  #enterExports(file: string, module: Module): void {
    const seen = new Set<unknown>();
    const enter = (value: Value, self: Value | undefined, depth: number): void => {
      for (const ref of value.refs) {
        if (seen.has(ref) || depth > 4 || ref.type === 'library' || ref.type === 'regex') continue;
        seen.add(ref);
        if (ref.type === 'object') for (const property of [...ref.properties.values(), ...(ref.is === 'array' ? [] : [ref.rest])]) enter(property, ofRef(ref), depth + 1);
        if (ref.type === 'object' && ref.made !== undefined) this.#enterMethods(ref.made, value, seen);
        if (ref.type !== 'function' || ref.file !== file && depth > 1) continue;
        this.#enterFunction(ref, self, seen, (result) => enter(result, undefined, depth + 1));
        for (const [name, property] of ref.properties) if (name !== 'prototype') enter(property, value, depth + 1);
      }
    };
    enter(module.exports, undefined, 0);
  }

  #enterFunction(ref: FunctionRef, self: Value | undefined, seen: Set<unknown>, onResult: (result: Value) => void): void {
    const prototype = ref.properties.get('prototype')?.refs.find((one) => one.type === 'object');
    const isClass = !isFunction(ref.node) || (prototype !== undefined && prototype.properties.size > 0);
    if (!isClass) {
      const result = this.#enter(ref, ref.self ?? self, true);
      if (result !== undefined) onResult(result);
      return;
    }
    const instance = ofRef(createObject('object', ref));
    const constructor = constructorOf(ref);
    if (constructor !== undefined) this.#enter({ ...constructor, self: instance }, instance, true);
    this.#enterMethods(ref, instance, seen);
  }

  #enterMethods(maker: FunctionRef, instance: Value, seen: Set<unknown>): void {
    const prototype = maker.properties.get('prototype')?.refs.find((one) => one.type === 'object');
    // Twice: a method may read what a later one sets.
    for (const method of [...(prototype?.properties.values() ?? [])]) {
      for (const ref of method.refs) {
        if (ref.type !== 'function' || seen.has(ref)) continue;
        seen.add(ref);
        const result = this.#enter(ref, instance, true);
        for (const inner of result?.refs ?? []) if (inner.type === 'function' && isFunction(inner.node)) this.#enter(inner, inner.self, true);
      }
    }
  }

  /** Calls a function with what it gets from outside: everything, where it is exported. */
  #enter(target: FunctionRef, self: Value | undefined, isExported: boolean): Value | undefined {
    if (!isFunction(target.node)) return undefined;
    const list = (target.node['params'] ?? []) as readonly SyntaxNode[];
    const begin = target.node.loc?.start.line ?? 0;
    const given = list.map((parameter, index) => {
      if (isRequestParameter(parameter)) return requestValue;
      if (!isExported || /^(cb|callback|done|next|res|response|reply|logger|log|console)$/.test(String(parameter['name'] ?? ''))) return unknown;
      return ofTaint(new Map([[`p${begin}:${index}`, { from: from.parameter, shape: 0, safe: 0 }]]));
    });
    const all = isExported ? ofTaint(new Map([[`p${begin}:all`, { from: from.parameter, shape: 0, safe: 0 }]])) : undefined;
    let result: Value | undefined;
    this.#guard(target.file, () => {
      result = this.call(target, self ?? unknown, given, this.#state, undefined, all);
    });
    this.#state.ended = false;
    return result;
  }

  #load(file: string, state: State): Module | undefined {
    const known = this.#modules.get(file);
    if (known !== undefined) return known;
    const text = this.#files.get(file);
    if (text === undefined) return undefined;
    const holder = createObject('object');
    const object = createObject('object');
    holder.properties.set('exports', ofRef(object));
    const module: Module = {
      holder, functions: [], isDone: false,
      get exports() {
        return holder.properties.get('exports') ?? unknown;
      },
    };
    this.#modules.set(file, module);
    if (/\.json$/.test(file)) return module;
    const program = isTooLong(text) ? undefined : parseProgram(text, file);
    if (program === undefined) {
      this.partly.add(file);
      return module;
    }
    const outer = { frame: this.frame, module: this.#module, steps: this.#steps, active: this.#active.splice(0) };
    this.#module = module;
    this.frame = this.#frameOf(file, new Scope(), ofRef(object), program, state);
    this.#guard(file, () => this.#runModule(program, module, object, state));
    state.ended = false;
    this.frame = outer.frame;
    this.#module = outer.module;
    this.#steps = outer.steps;
    this.#active.push(...outer.active);
    module.isDone = true;
    return module;
  }

  #runModule(program: SyntaxNode, module: Module, object: ObjectRef, state: State): void {
    const { scope } = this.frame;
    const set = (name: string, value: Value): void => void state.changes.variables.set(scope.declare(name), value);
    set('module', ofRef(module.holder));
    set('exports', ofRef(object));
    const body = program['body'] as readonly SyntaxNode[];
    for (const statement of body) if (statement.type === 'ImportDeclaration' && statement['importKind'] !== 'type') this.#bindImports(statement, set);
    declareVariables(this, program);
    declareFunctions(this, body, state);
    for (const statement of body) {
      if (statement.type === 'TSExportAssignment') module.holder.properties.set('exports', this.evaluate(statement['expression'], state));
      else if (statement.type === 'TSImportEqualsDeclaration') this.#bindImportEquals(statement, set);
      else if (/^Export/.test(statement.type)) this.#runExport(statement, object, state);
      else if (statement.type !== 'ImportDeclaration') this.execute(statement, state);
      // Code behind an early end of the module is rare, and functions there are exported all the same.
      state.ended = false;
    }
    // What is assigned after it was exported by name.
    for (const statement of body) if (statement.type === 'ExportNamedDeclaration' && isNode(statement['source']) === false) this.#exportNames(statement, object, state);
  }

  #bindImports(statement: SyntaxNode, set: (name: string, value: Value) => void): void {
    const loaded = this.load(String((statement['source'] as SyntaxNode)['value'])) ?? unknown;
    for (const specifier of statement['specifiers'] as readonly SyntaxNode[]) {
      const local = String((specifier['local'] as SyntaxNode)['name']);
      if (specifier.type === 'ImportNamespaceSpecifier') set(local, loaded);
      else {
        const imported = specifier.type === 'ImportDefaultSpecifier' ? 'default' : String((specifier['imported'] as SyntaxNode)['name'] ?? (specifier['imported'] as SyntaxNode)['value']);
        set(local, memberOfModule(loaded, imported));
      }
    }
  }

  #bindImportEquals(statement: SyntaxNode, set: (name: string, value: Value) => void): void {
    const reference = statement['moduleReference'];
    if (isNode(reference) && reference.type === 'TSExternalModuleReference') set(String((statement['id'] as SyntaxNode)['name']), this.load(String((reference['expression'] as SyntaxNode)['value'])) ?? unknown);
  }

  #runExport(statement: SyntaxNode, object: ObjectRef, state: State): void {
    const declaration = statement['declaration'];
    if (statement.type === 'ExportDefaultDeclaration' && isNode(declaration)) {
      const isStatement = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration';
      const value = isStatement && declaration.type === 'FunctionDeclaration' ? evaluateExpression(this, { ...declaration, type: 'FunctionExpression' }, state) : isStatement ? evaluateExpression(this, { ...declaration, type: 'ClassExpression' }, state) : this.evaluate(declaration, state);
      object.properties.set('default', value);
      return;
    }
    if (statement.type === 'ExportAllDeclaration' || (statement.type === 'ExportNamedDeclaration' && isNode(statement['source']))) {
      const loaded = this.load(String((statement['source'] as SyntaxNode)['value'])) ?? unknown;
      const specifiers = (statement['specifiers'] ?? []) as readonly SyntaxNode[];
      if (statement.type === 'ExportAllDeclaration') for (const ref of loaded.refs) if (ref.type === 'object') for (const [name, value] of ref.properties) object.properties.set(name, value);
      for (const specifier of specifiers) if (isNode(specifier['local']) && isNode(specifier['exported'])) object.properties.set(nameOf(specifier['exported']), memberOfModule(loaded, nameOf(specifier['local'])));
      return;
    }
    if (isNode(declaration)) this.execute(declaration, state);
    this.#exportNames(statement, object, state);
  }

  #exportNames(statement: SyntaxNode, object: ObjectRef, state: State): void {
    const declaration = statement['declaration'];
    const names: (readonly [string, string])[] = [];
    for (const specifier of (statement['specifiers'] ?? []) as readonly SyntaxNode[]) if (isNode(specifier['local']) && isNode(specifier['exported'])) names.push([nameOf(specifier['exported']), nameOf(specifier['local'])]);
    if (isNode(declaration)) for (const declarator of (declaration['declarations'] ?? [declaration]) as readonly SyntaxNode[]) if (isNode(declarator['id']) && declarator['id'].type === 'Identifier') names.push([nameOf(declarator['id']), nameOf(declarator['id'])]);
    for (const [exported, local] of names) {
      const binding = this.frame.scope.find(local);
      if (binding !== undefined) object.properties.set(exported, state.variable(binding));
    }
  }

  #resolve(file: string, specifier: string): string | undefined {
    if (!specifier.startsWith('.')) return undefined;
    const path = posix.normalize(posix.join(posix.dirname(file), specifier));
    const stem = path.replace(/\.([cm]?)js$/, '');
    const candidates = [path, ...['.js', '.ts', '.mjs', '.cjs', '.tsx', '.jsx', '.mts', '.cts', '.json'].map((end) => path + end), ...['.ts', '.tsx', '.mts', '.cts'].map((end) => stem + end), ...['index.js', 'index.ts', 'index.mjs', 'index.cjs'].map((name) => posix.join(path, name))];
    return candidates.find((candidate) => this.#files.has(candidate));
  }
}

function nameOf(node: SyntaxNode): string {
  return String(node['name'] ?? node['value'] ?? '');
}

function memberOfModule(loaded: Value, name: string): Value {
  const parts = loaded.refs.map((ref): Value => {
    if (ref.type === 'library') return name === 'default' ? library(ref.name) : library(`${ref.name}.${name}`);
    if (ref.type === 'object') return ref.properties.get(name) ?? (name === 'default' ? ofRef(ref) : unknown);
    if (ref.type === 'function') return name === 'default' ? ofRef(ref) : (ref.properties.get(name) ?? unknown);
    return unknown;
  });
  return parts.reduce(join, unknown);
}

/** Values by what can be told of them from outside. */
function signatureOf(self: Value, given: readonly Value[]): string {
  return [self, ...given].map((value) => `${[...value.taint].map(([origin, mark]) => `${origin}:${mark.from}:${mark.shape}:${mark.safe}`).join()}#${value.refs.map((ref) => (ref.type === 'object' ? ref.id : ref.type === 'library' ? ref.name : ref.type)).join()}#${value.text ?? ''}#${value.prototype === true ? 'p' : ''}`).join('|');
}

/** Minified and generated code is not what somebody wrote. */
function isTooLong(text: string): boolean {
  return text.length > 600_000 || (text.length > 5_000 && text.length / (text.split('\n').length + 1) > 400);
}
