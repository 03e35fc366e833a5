import type { ModelError } from '../model-error.ts';
import { refusedAs } from '../wire/classify.ts';
import type { FailureContext } from '../wire/classify.ts';
import { fieldsOf, textField } from '../wire/json-fields.ts';

/** The AI SDK's error for a request that was turned away; undefined when it is another one. */
export function refusedCall(error: unknown, context: FailureContext): ModelError | undefined {
  const { statusCode, responseHeaders, message } = fieldsOf(error);
  if (typeof statusCode !== 'number' || statusCode < 300) return undefined;
  const headers = new Headers();
  for (const [name, value] of Object.entries(fieldsOf(responseHeaders))) headers.set(name, String(value));
  return refusedAs({ status: statusCode, headers, body: textField(fieldsOf(error), 'responseBody') || String(message) }, context);
}
