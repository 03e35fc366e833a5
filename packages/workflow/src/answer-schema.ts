import { z } from 'zod';
import type { Json } from '@fw/agents-core';
import { WorkflowError } from './workflow-error.ts';

/** Says what is wrong with an answer, or nothing. */
type AnswerCheck = (answer: Json) => string | undefined;

/** @throws WorkflowError `FW_WORKFLOW_ILLEGAL` for a schema that cannot be checked. */
export function compileSchema(schema: Json, signal: string): AnswerCheck {
  try {
    const compiled = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    return (answer) => {
      const parsed = compiled.safeParse(answer);
      return parsed.success ? undefined : parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'answer'}: ${issue.message}`).join('; ');
    };
  } catch (cause) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The schema of the answer to "${signal}" cannot be used: ${(cause as Error).message}.`, cause });
  }
}
