import type { Json, JsonSchema, Message, ModelRequest } from '@fw/models';
import type { AgentContext } from './agent.ts';
import { generateJson } from './generate-json.ts';
import { describeIssues, jsonSchemaOf, jsonText, validateNow } from './standard-schema.ts';
import type { SchemaOutput, StandardSchema } from './standard-schema.ts';

export interface AskOptions<Schema extends StandardSchema> {
  /** Of what is asked for, e.g. `summary`. */
  readonly name: string;
  readonly schema: Schema;
  /** What the model sees; default what the schema's library derives. */
  readonly jsonSchema?: JsonSchema;
  readonly system: string;
  readonly prompt: string;
  /** How often an answer that does not fit is given back with the places that are wrong; default 2. */
  readonly maxRepairs?: number;
  readonly maxOutputTokens?: number;
}

export type AskResult<Value> =
  | { readonly status: 'answered'; readonly value: Value; readonly repairs: number }
  | { readonly status: 'unfit'; readonly code: 'FW_OUTPUT_INVALID'; readonly message: string }
  | { readonly status: 'refused'; readonly code: 'FW_MODEL_POLICY'; readonly message: string };

/**
 * Asks for one value that fits a schema, without tools. An answer that does not fit goes back with what is wrong, a
 * bounded number of times.
 * @throws AgentError `FW_TOOL_INVALID` for a schema that cannot be used; what the model's host throws passes.
 */
export async function askStructured<Schema extends StandardSchema>(context: AgentContext, options: AskOptions<Schema>): Promise<AskResult<SchemaOutput<Schema>>> {
  const { name, schema, maxRepairs = 2, maxOutputTokens } = options;
  const messages: Message[] = [{ role: 'system', content: options.system }, { role: 'user', content: options.prompt }];
  const rest: Pick<ModelRequest, 'output' | 'maxOutputTokens'> = { output: { name, schema: jsonSchemaOf(name, schema, options.jsonSchema) }, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
  for (let repairs = 0; ; repairs++) {
    const response = await generateJson(context, { messages: [...messages], ...rest });
    if (response?.finishReason === 'content-filter') return { status: 'refused', code: 'FW_MODEL_POLICY', message: 'The model or its provider refused to answer for reasons of policy.' };
    const value: Json | undefined = response?.output ?? jsonText(response?.text ?? '');
    const parsed = value === undefined ? undefined : validateNow(name, schema, value);
    if (parsed !== undefined && parsed.issues === undefined) return { status: 'answered', value: parsed.value as SchemaOutput<Schema>, repairs };
    const cut = response?.finishReason === 'length' ? ' It was cut at its length limit: answer shorter.' : '';
    const problem = `${parsed?.issues === undefined ? 'The answer is no JSON' : describeIssues(parsed.issues)}.${cut}`;
    if (repairs >= maxRepairs) return { status: 'unfit', code: 'FW_OUTPUT_INVALID', message: `No answer fits "${name}" after ${repairs} repairs: ${problem}` };
    if (response !== undefined && response.text !== '') messages.push({ role: 'assistant', content: response.text });
    messages.push({ role: 'user', content: `That does not fit. ${problem} Answer again, with the whole JSON and nothing else.` });
  }
}
