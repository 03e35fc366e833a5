import type { Json, JsonSchema } from '@fw/models';
import { runLoop } from './loop.ts';
import type { LoopOptions } from './loop.ts';
import { jsonSchemaOf, validateNow } from './standard-schema.ts';
import type { SchemaOutput, StandardSchema } from './standard-schema.ts';
import { invalidInput, requireToolName } from './tool.ts';
import type { Tool, ToolOutput } from './tool.ts';

/** A sub-agent that is offered itself would else send out others without end. */
const deepest = 3;

/**
 * A composite tool whose calls are loops of their own, in a scope of their own: a reader that is sent out and comes
 * back with an answer. It has the model of its caller and no tool that `loop` does not name; give it reading ones,
 * as one writer at a time may change files. What ends its loop is the answer; a loop that fails is an answer too.
 * @throws AgentError `FW_TOOL_INVALID` as `defineTool`.
 */
export function defineSubAgent<Schema extends StandardSchema>(options: {
  readonly name: string;
  readonly description: string;
  readonly input: Schema;
  readonly inputSchema?: JsonSchema;
  /** Its loop for one input. `pinned` is by default the prompt: the brief is what it must not forget. */
  loop(input: SchemaOutput<Schema>): LoopOptions;
}): Tool & { readonly kind: 'composite' } {
  const { name, description, input: schema } = options;
  requireToolName(name);
  return {
    kind: 'composite',
    name,
    description,
    inputSchema: jsonSchemaOf(name, schema, options.inputSchema),
    async run(input, context) {
      const parsed = validateNow(name, schema, input);
      if (parsed.issues !== undefined) return asJson(invalidInput(name, parsed));
      if (context.path.split(`tool.${name}#`).length > deepest + 1) return asJson({ ok: false, code: 'denied', text: `${name} was not run: it is ${deepest} deep in itself already. Do the work here.` });
      const loop = options.loop(parsed.value as SchemaOutput<Schema>);
      const result = await runLoop(context, { pinned: loop.prompt, ...loop });
      const { turns } = result;
      if (result.status === 'submitted') return asJson({ ok: true, text: JSON.stringify(result.input, null, 1), meta: { turns, submitted: result.input } });
      return asJson({ ok: false, code: 'failed', text: `${name} came to no answer: ${result.message}`, meta: { turns, code: result.code } });
    },
  };
}

const asJson = (output: ToolOutput): Json => output as unknown as Json;
