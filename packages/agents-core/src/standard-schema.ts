import type { Json, JsonSchema } from '@fw/models';
import { AgentError } from './agent-error.ts';

/**
 * A schema of any library that follows Standard Schema v1 (https://standardschema.dev), such as zod, valibot or
 * arktype. The interface is restated here, so none of them is needed to write one by hand.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Where the library can: its JSON Schema. */
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => { readonly [key: string]: unknown } } | undefined;
  };
}

/** The type of what a schema gives. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Deriving costs more than a turn of a loop does. */
const derivedSchemas = new WeakMap<StandardSchema, JsonSchema>();

/**
 * The JSON Schema of a tool's input: the one that is given, else what the library derives.
 * @throws AgentError `FW_TOOL_INVALID` when there is neither.
 */
export function jsonSchemaOf(name: string, schema: StandardSchema, given?: JsonSchema): JsonSchema {
  if (given !== undefined) return given;
  const known = derivedSchemas.get(schema);
  if (known !== undefined) return known;
  const standard = readStandard(name, schema);
  try {
    const derived = standard.jsonSchema?.input({ target: 'draft-2020-12' }) as JsonSchema | undefined;
    if (derived !== undefined) {
      derivedSchemas.set(schema, derived);
      return derived;
    }
  } catch (cause) {
    throw new AgentError('FW_TOOL_INVALID', { message: `The input schema of tool "${name}" (${standard.vendor}) has no JSON Schema: ${cause instanceof Error ? cause.message : String(cause)}. Pass one as inputSchema.`, cause });
  }
  throw new AgentError('FW_TOOL_INVALID', { message: `The schema library ${standard.vendor} derives no JSON Schema for the input of tool "${name}". Pass one as inputSchema.` });
}

/**
 * Checks a value at once.
 * @throws AgentError `FW_TOOL_INVALID` for a schema that answers with a promise: outside a step only the context may be awaited.
 */
export function validateNow<Output>(name: string, schema: StandardSchema<unknown, Output>, value: unknown): SchemaResult<Output> {
  const result = readStandard(name, schema).validate(value);
  if (!(result instanceof Promise)) return result as SchemaResult<Output>;
  result.catch(() => {});
  throw new AgentError('FW_TOOL_INVALID', { message: `The schema of "${name}" validates asynchronously, which only the input of a leaf tool may. Take a synchronous one.` });
}

/** The places that do not fit, for the one who has to correct them. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, 20).map(({ path = [], message }) => `${path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.') || 'input'}: ${message}`);
  return `${shown.join('; ')}${issues.length > shown.length ? `; and ${issues.length - shown.length} more` : ''}`;
}

/** JSON in a text, alone or as one fenced block. */
export function jsonText(text: string): Json | undefined {
  const body = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

function readStandard(name: string, schema: StandardSchema): StandardSchema['~standard'] {
  const standard = (schema as Partial<StandardSchema> | null | undefined)?.['~standard'];
  if (standard?.version === 1 && typeof standard.validate === 'function') return standard;
  throw new AgentError('FW_TOOL_INVALID', { message: `The schema of "${name}" does not follow Standard Schema v1. Take one of zod, valibot, arktype or another library that does.` });
}
