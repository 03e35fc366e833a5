import { createRepetitionWatch } from '@fw/agents-core';
import { addUsage, noUsage } from '@fw/models';
import type { Attempt, CallOptions, Model, ModelRequest, ModelResponse } from '@fw/models';

/**
 * A model's answer, cut off while it is streamed once its text says one thing eight times in a row: what was said by
 * then is the answer, and what its attempts used is its usage.
 */
export async function generateUntilEndless(model: Model, request: ModelRequest, options: CallOptions & { readonly key: string }): Promise<ModelResponse> {
  const cut = new AbortController();
  const watch = createRepetitionWatch();
  const attempts: Attempt[] = [];
  let text = '';
  try {
    return await model.generate(request, {
      ...options,
      signal: options.signal === undefined ? cut.signal : AbortSignal.any([options.signal, cut.signal]),
      onAttempt: (attempt) => {
        attempts.push(attempt);
        options.onAttempt?.(attempt);
      },
      onEvent: (event) => {
        options.onEvent?.(event);
        if (event.type === 'restart') text = '';
        if (event.type !== 'text') return;
        text += event.delta;
        if (watch.push(event.delta)) cut.abort(new Error('The answer says one thing over and over.'));
      },
    });
  } catch (error) {
    if (!cut.signal.aborted || options.signal?.aborted === true) throw error;
    const usage = attempts.reduce((sum, attempt) => addUsage(sum, attempt.usage), noUsage);
    return { text, reasoning: '', toolCalls: [], message: { role: 'assistant', content: [{ type: 'text', text }] }, finishReason: 'other', usage, model: model.id, receipt: { key: options.key, attempts } };
  }
}
