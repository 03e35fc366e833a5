import { useState } from 'react';
import type { ReactNode } from 'react';
import { Dialog } from '@base-ui/react/dialog';
import { Link } from '@tanstack/react-router';
import type { RunInspection } from '@fw/framework';
import { api } from '../api.ts';
import type { Change } from '../api.ts';
import { useChange, useIsReadOnly } from '../use-change.ts';
import { hasEnded } from '../use-run.ts';
import { ForkDialog } from './fork-dialog.tsx';
import { Plain } from './plain.tsx';

interface RunProps { readonly run: RunInspection }

export function RunActions({ run }: RunProps): ReactNode {
  const isReadOnly = useIsReadOnly();
  return (
    <div className="row" style={{ flexWrap: 'nowrap', flex: 'none' }}>
      {run.report === null ? null : <a href={api.reportPath(run.id)} target="_blank" rel="noreferrer" className="button">Report</a>}
      <Link to="/compare" search={{ left: run.id }} className="button">Compare</Link>
      {isReadOnly ? null : <ForkDialog run={run} />}
      {isReadOnly || hasEnded(run.status) ? null : <CancelDialog run={run} />}
    </div>
  );
}

function CancelDialog({ run }: RunProps): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [message, setMessage] = useState('');
  const { send, isBusy, error } = useChange(run.id);
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => { setOpen(open); }}>
      <Dialog.Trigger className="button danger">Cancel run</Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title>Cancel this run?</Dialog.Title>
          <Dialog.Description className="quiet">What is in flight is aborted, and the run ends for good. What it has done stays in its journal and can be forked.</Dialog.Description>
          <label>Why <input className="field" value={message} maxLength={1_000} onChange={(event) => { setMessage(event.target.value); }} /></label>
          {error === null ? null : <p className="bad" role="alert"><Plain>{error.message}</Plain></p>}
          <div className="row"><Dialog.Close className="button">Keep it</Dialog.Close><button type="button" className="button danger" disabled={isBusy} onClick={() => { send('cancel', message === '' ? {} : { message }, () => { setOpen(false); }); }}>Cancel run</button></div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What the run waits for a person to say, and where to say it. */
export function RunQuestions({ run }: RunProps): ReactNode {
  // The same words may be asked again: each wait is a question of its own.
  const waits = run.spans.filter(({ kind }) => kind === 'wait').length;
  return run.questions.map((question, index) => <Question key={`${question.gate} ${String(index)} ${String(waits)}`} run={run} question={question} />);
}

function Question({ run, question: { gate, text, options } }: RunProps & { readonly question: RunInspection['questions'][number] }): ReactNode {
  const isReadOnly = useIsReadOnly();
  const [message, setMessage] = useState('');
  const { send, isBusy, error, answer } = useChange(run.id);
  const isAsked = gate === 'question';
  const decide = (change: Change): void => { send(change, { gate, ...(message.trim() !== '' && { message }) }); };
  const design = gate === 'design' ? run.artifacts.findLast(({ kind }) => kind === 'design') : undefined;
  return (
    <section className="notice wait" aria-label={`Waits for ${gate}`}>
      <div className="words">
        <h2>{isAsked ? 'An agent asks' : `Waits for a person: ${gate}`}</h2>
        <Plain>{text}</Plain>
        {design === undefined ? null : <details><summary>Show the design</summary><pre><Plain length={20_000}>{JSON.stringify(design.content, null, 2)}</Plain></pre></details>}
        {error === null ? null : <p className="bad" role="alert"><Plain>{error.message}</Plain></p>}
        {answer === undefined ? null : <p role="status">{answer.continued === false ? <>Said. No process here goes on with it; a worker may, or: <code>fw resume {run.id}</code></> : 'Said; it goes on.'}</p>}
      </div>
      {isReadOnly || answer !== undefined ? null : (
        <div className="row">
          {options.map((option) => <button key={option} type="button" className="button" disabled={isBusy} onClick={() => { send('answer', { gate, message: option }); }}><Plain length={80}>{option}</Plain></button>)}
          <input className="field" aria-label={isAsked ? 'Answer' : 'Why'} placeholder={isAsked ? 'Answer' : 'Why (optional)'} value={message} maxLength={10_000} onChange={(event) => { setMessage(event.target.value); }} />
          {isAsked ? <button type="button" className="button strong" disabled={isBusy || message.trim() === ''} onClick={() => { decide('answer'); }}>Answer</button>
            : <><button type="button" className="button danger" disabled={isBusy} onClick={() => { decide('reject'); }}>Reject</button><button type="button" className="button strong" disabled={isBusy} onClick={() => { decide('approve'); }}>Approve</button></>}
        </div>
      )}
    </section>
  );
}
