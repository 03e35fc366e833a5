import type { ToolCall, ToolSpec } from '../model.ts';
import type { Script } from '../scripted/script.ts';

/** What the tests ask, each as the only message of a user, and how the service must answer. */
export interface ConformancePrompts {
  /** Any text. */
  readonly text: string;
  /** Text that holds the word, and not the other one. */
  readonly echo: { readonly alpha: string; readonly omega: string };
  /** The two `toolCalls` in one answer; `toolSpecs` are offered. */
  readonly tools: string;
  readonly toolSpecs: readonly ToolSpec[];
  readonly toolCalls: readonly Omit<ToolCall, 'id'>[];
  /** Text in at least two pieces; the reader leaves after the first. */
  readonly slow: string;
}

export const conformancePrompts: ConformancePrompts = {
  text: 'conformance: say something',
  echo: { alpha: 'conformance: say alpha', omega: 'conformance: say omega' },
  tools: 'conformance: add twice',
  toolSpecs: [{
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'], additionalProperties: false },
  }],
  toolCalls: [{ name: 'add', arguments: { a: 1, b: 2 } }, { name: 'add', arguments: { a: 3, b: 4 } }],
  slow: 'conformance: keep talking',
};

/** A script that answers the prompts; a service under test can be built on it. */
export const conformanceScript: Script = {
  version: 1,
  replies: [
    { when: { lastContains: conformancePrompts.echo.alpha }, then: { text: 'alpha' } },
    { when: { lastContains: conformancePrompts.echo.omega }, then: { text: 'omega' } },
    { when: { lastContains: conformancePrompts.tools, tools: ['add'] }, then: { toolCalls: conformancePrompts.toolCalls } },
    { when: { lastContains: conformancePrompts.slow }, then: { text: 'on and on '.repeat(50) } },
    { when: { lastContains: conformancePrompts.text }, then: { text: 'Something, in more than one piece.' } },
  ],
};
