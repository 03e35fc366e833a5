import type { CallScope, Model } from './model.ts';
import { modelFromRun, runOf } from './model-from-run.ts';
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
  return modelFromRun(model, (request, call, deliver) => {
    let answeredBy = '';
    let last = '';
    const onAttempt = (attempt: Attempt): void => {
      observer.onAttempt({ key: call.key, attempt, scope: call.scope ?? {} });
      notify(call.onAttempt, attempt);
      if (attempt.failure === undefined) last = attempt.model;
    };
    return runOf(model)(request, { ...call, onAttempt }, (event) => {
      if (event.type === 'start') answeredBy = event.model;
      if (event.type === 'finish' && answeredBy !== '') observer.onAnswer(last, answeredBy);
      return deliver(event);
    });
  });
}
