import type { StepContext, ToolFailure, ToolOutput } from '@fw/agents-core';
import type { WorkspaceErrorCode } from '../workspace-error.ts';

/** Characters of one result, of one file's lines, and of one line. */
export const caps = { result: 16_000, read: 32_000, line: 2_000 } as const;

/** Runs a tool's work; what it throws becomes an answer, except when the step itself was aborted. */
export async function answer(step: StepContext, work: () => Promise<ToolOutput>): Promise<ToolOutput> {
  step.signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    step.signal.throwIfAborted();
    const { code } = error as { readonly code?: string };
    const failure = failures[code as WorkspaceErrorCode] ?? (code === 'ENAMETOOLONG' ? 'invalid_input' : 'failed');
    return { ok: false, code: failure, text: error instanceof Error ? error.message : String(error) };
  }
}

export function refuse(code: ToolFailure, text: string, meta?: ToolOutput['meta']): ToolOutput {
  return { ok: false, code, text, ...(meta === undefined ? {} : { meta }) };
}

const failures: { readonly [code in WorkspaceErrorCode]?: ToolFailure } = {
  FW_WORKSPACE_OUTSIDE: 'outside',
  FW_WORKSPACE_DENIED: 'denied',
  FW_WORKSPACE_NOT_FOUND: 'not_found',
  FW_WORKSPACE_BINARY: 'binary',
  FW_WORKSPACE_TOO_LARGE: 'too_large',
  FW_WORKSPACE_INVALID: 'invalid_input',
};
