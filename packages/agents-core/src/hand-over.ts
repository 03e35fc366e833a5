import type { AgentContext } from './agent.ts';
import { AgentError } from './agent-error.ts';
import { withZod } from './with-zod.ts';
import { runLoop } from './loop.ts';
import type { LoopOptions, LoopResult } from './loop.ts';
import type { TerminalTool } from './terminal-tool.ts';

/** One of several that work on the same thing in turn. */
export interface Role {
  readonly loop: LoopOptions;
  /** Roles that it may hand the work to; default none. */
  readonly handsTo?: readonly string[];
}

export interface HandOverOptions {
  readonly roles: { readonly [name: string]: Role };
  readonly first: string;
  /** How often the work may change hands; default 8. */
  readonly maxHandOvers?: number;
}

/** How the last loop ended, whose it was, and the way there. */
export type HandOverResult = LoopResult & { readonly role: string; readonly path: readonly string[] };

const toolName = 'hand_over';

/**
 * Runs one role's loop after the other: `hand_over`, with the name of a role and a brief, ends one and begins the
 * next in a scope of its own. The next one is told the brief and has its own tools; what was pinned stays. Work that
 * changes hands too often is `exhausted` with `FW_LOOP_HANDOVERS`.
 * @throws AgentError `FW_TOOL_INVALID` for a role that is not there or a terminal tool named `hand_over`.
 */
export async function runHandOvers(context: AgentContext, options: HandOverOptions): Promise<HandOverResult> {
  const { roles, first, maxHandOvers = 8 } = options;
  for (const [name, role] of Object.entries(roles)) checkRole(name, role, roles);
  if (!Object.hasOwn(roles, first)) throw invalid(`The first role "${first}" is not there. Roles: ${Object.keys(roles).join(', ')}.`);
  const path = [first];
  let brief = '';
  for (;;) {
    const name = path.at(-1) ?? first;
    const role = roles[name]!;
    const loop = loopOf(role, brief);
    const result = await context.scope(`role.${name}`, (inner) => runLoop(inner, loop));
    if (result.status !== 'submitted' || result.name !== toolName) return { ...result, role: name, path };
    if (!(path.length <= maxHandOvers)) {
      const { turns, exchanges } = result;
      return { status: 'exhausted', code: 'FW_LOOP_HANDOVERS', message: `The work changed hands more than ${maxHandOvers} times: ${path.join(', ')}.`, turns, exchanges, role: name, path };
    }
    const { to, brief: next } = result.input as { readonly to: string; readonly brief: string };
    path.push(to);
    brief = `# Handed over by ${name}\n${next}`;
  }
}

function loopOf({ loop, handsTo = [] }: Role, brief: string): LoopOptions {
  const prompt = brief === '' ? loop.prompt : `${loop.prompt}\n\n${brief}`;
  if (handsTo.length === 0) return { ...loop, prompt };
  const tool: TerminalTool = {
    name: toolName,
    description: `Ends your part and gives the work to another: ${handsTo.join(', ')}.`,
    input: withZod((z) => z.object({ to: z.enum(handsTo), brief: z.string().trim().min(1).max(20_000).describe('What was done, what is open, and where to begin.') })),
  };
  return { ...loop, prompt, terminal: [...loop.terminal, tool] };
}

function checkRole(name: string, { loop, handsTo = [] }: Role, roles: HandOverOptions['roles']): void {
  const unknown = handsTo.filter((to) => !Object.hasOwn(roles, to));
  if (unknown.length > 0) throw invalid(`Role "${name}" hands over to ${unknown.join(', ')}, which is no role. Roles: ${Object.keys(roles).join(', ')}.`);
  if (loop.terminal.some((ending) => ending.name === toolName)) throw invalid(`Role "${name}" has a terminal tool "${toolName}" of its own. Give it another name.`);
}

const invalid = (message: string): AgentError => new AgentError('FW_TOOL_INVALID', { message });
