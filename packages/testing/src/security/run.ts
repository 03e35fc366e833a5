import type { SyntaxNode } from '../syntax-node.ts';
import type { Scope } from './scope.ts';
import type { Changes, State } from './state.ts';
import type { FunctionRef, Value } from './value.ts';

/** A place where something of an attacker arrives at what can do harm with it. */
export interface Problem {
  readonly category: 'command-injection' | 'code-injection' | 'path-traversal' | 'prototype-pollution' | 'redos';
  readonly rule: string;
  readonly severity: 'medium' | 'high' | 'critical';
  readonly file: string;
  readonly line: number;
  readonly message: string;
  /** What is reached: a function's name, or `assignment`. */
  readonly sink: string;
  /** The shape of the code there, without names of variables: what stays the same when it is moved. */
  readonly print: string;
}

/** One call of a function of the project, or the code of one module. */
export interface Frame {
  readonly file: string;
  readonly self: Value;
  readonly node: SyntaxNode;
  /** The state in which it began. */
  readonly began: State;
  readonly returns: { readonly value: Value; readonly node: SyntaxNode | undefined; readonly changes: Changes }[];
  scope: Scope;
  /** Loops and switches around the present place, innermost last. */
  readonly onReturn?: OnReturn;
  readonly exits: { readonly began: State; readonly changes: Changes[] }[];
}

/** Told of every way out of a call, inside the call. */
export type OnReturn = (value: Value, node: SyntaxNode | undefined, state: State) => void;

/** One walk through a project; what its parts share. */
export interface Run {
  frame: Frame;
  evaluate(node: unknown, state: State): Value;
  execute(node: SyntaxNode, state: State): void;
  /** Binds a pattern to a value. */
  bind(pattern: unknown, value: Value, state: State, declare: boolean): void;
  call(target: FunctionRef, self: Value, given: readonly Value[], state: State, onReturn?: OnReturn): Value;
  refine(test: unknown, state: State, holds: boolean): void;
  /** What `require` gives for a name in the present file; undefined for what is not part of the project. */
  load(specifier: string): Value | undefined;
  /** Whether the present file loads a package whose name matches. */
  uses(pattern: RegExp): boolean;
  report(problem: Omit<Problem, 'file' | 'line' | 'print'>, at: SyntaxNode): void;
  /** Functions seen, so that those which nobody calls are looked at as well. */
  noteFunction(target: FunctionRef, state: State): void;
}
