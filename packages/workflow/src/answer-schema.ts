import type { z } from 'zod';
import type { Json } from '@fw/agents-core';
import type { RunRecord } from './journal-store.ts';
import { plainJson } from './plain-json.ts';
import { WorkflowError } from './workflow-error.ts';

/** Says what is wrong with an answer, or nothing. */
type AnswerCheck = (answer: Json) => string | undefined;

let loaded: typeof z | undefined;

/** Schemas are compiled where nothing can be awaited, and their library takes longer to load than all else: so it is loaded before a run is driven. */
export async function loadSchemas(): Promise<void> {
  loaded ??= (await import('zod')).z;
}

/** @throws WorkflowError `FW_WORKFLOW_ILLEGAL` for a schema that cannot be checked. */
export function compileSchema(schema: Json, signal: string): AnswerCheck {
  try {
    const compiled = loaded!.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
    return (answer) => {
      const parsed = compiled.safeParse(answer);
      return parsed.success ? undefined : parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'answer'}: ${issue.message}`).join('; ');
    };
  } catch (cause) {
    throw new WorkflowError('FW_WORKFLOW_ILLEGAL', { message: `The schema of the answer to "${signal}" cannot be used: ${(cause as Error).message}.`, cause });
  }
}

/** What is stored of an answer. @throws WorkflowError `FW_SIGNAL_INVALID` when the open question wants another one. */
export async function checkAnswer(record: Pick<RunRecord, 'id' | 'questions'>, name: string, value: Json): Promise<Json> {
  if (name.startsWith('!')) throw new WorkflowError('FW_SIGNAL_INVALID', { message: `"${name}" cannot be answered: names that begin with "!" are the engine's own.` });
  const answer = plainJson(value);
  if (answer === undefined) throw new WorkflowError('FW_SIGNAL_INVALID', { message: `The answer to "${name}" is not JSON. Pass plain data.` });
  const question = record.questions.filter((open) => open.name === name).sort((left, right) => left.ordinal - right.ordinal)[0];
  if (question?.schema !== undefined) await loadSchemas();
  const problem = question?.schema === undefined ? undefined : compileSchema(question.schema, name)(answer);
  if (problem !== undefined) throw new WorkflowError('FW_SIGNAL_INVALID', { message: `The answer to "${name}" of run "${record.id}" does not fit: ${problem}. The question stays open.` });
  return answer;
}
