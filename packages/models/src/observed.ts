import type { CallScope, Model } from './model.ts';
import { modelFromStream } from './model-from-stream.ts';
import { notify } from './notify.ts';
import type { Attempt } from './receipt.ts';

export interface AttemptEvent {
  readonly key: string;
  readonly attempt: Attempt;
  readonly scope: CallScope;
}

export interface Observer {
  readonly onAttempt: (event: AttemptEvent) => void;
  /** What the service called the model that answered. */
  readonly onAnswer: (model: string, answeredBy: string) => void;
}

/** The same model, with somebody told of its attempts and answers. */
export function observed(model: Model, observer: Observer): Model {
  return modelFromStream(model, async function* (request, call) {
    let answeredBy = '';
    let last = '';
    const onAttempt: typeof call.onAttempt = (attempt) => {
      observer.onAttempt({ key: call.key, attempt, scope: call.scope ?? {} });
      notify(call.onAttempt, attempt);
      if (attempt.failure === undefined) last = attempt.model;
    };
    for await (const event of model.stream(request, { ...call, onAttempt })) {
      if (event.type === 'start') answeredBy = event.model;
      if (event.type === 'finish' && answeredBy !== '') observer.onAnswer(last, answeredBy);
      yield event;
    }
  });
}
