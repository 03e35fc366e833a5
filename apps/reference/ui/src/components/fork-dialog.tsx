import { useState } from 'react';
import type { ReactNode } from 'react';
import { Dialog } from '@base-ui/react/dialog';
import type { RunInspection } from '@fw/framework';
import { useChange, useOpenRun } from '../use-change.ts';
import { Plain } from './plain.tsx';

/** Makes a new run that takes over this one up to an entry. */
export function ForkDialog({ run, at, label = 'Fork' }: { readonly run: RunInspection; readonly at?: number; readonly label?: string }): ReactNode {
  const places = run.spans.filter(({ kind, endedAt }) => kind === 'state' && endedAt !== null).map(({ seq, state, visit }) => ({ seq, name: `after ${state}${visit > 1 ? ` (${String(visit)})` : ''}` }));
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(String(at ?? places[0]?.seq ?? 0));
  const [model, setModel] = useState('');
  const [agent, setAgent] = useState('developer');
  const { send, isBusy, error } = useChange(run.id);
  const openRun = useOpenRun();
  const fork = (): void => {
    send('fork', { at: Number(chosen), ...(model.trim() !== '' && { models: { [agent]: model.trim() } }) }, ({ run: made }) => {
      setOpen(false);
      openRun(made);
    });
  };
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => { setOpen(open); if (open && at !== undefined) setChosen(String(at)); }}>
      <Dialog.Trigger className="button">{label}</Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title>Fork this run</Dialog.Title>
          <Dialog.Description className="quiet">A new run takes over its journal and files up to an entry, pays nothing for them again, and goes on by itself.</Dialog.Description>
          <label>From
            <select className="field" value={chosen} onChange={(event) => { setChosen(event.target.value); }}>
              <option value="0">the start</option>
              {places.map(({ seq, name }) => <option key={seq} value={seq}>{name} (entry {seq})</option>)}
              {places.some(({ seq }) => String(seq) === chosen) || chosen === '0' ? null : <option value={chosen}>entry {chosen}</option>}
            </select>
          </label>
          <div className="row spread">
            <label style={{ flex: 1 }}>With another model for
              <select className="field" value={agent} onChange={(event) => { setAgent(event.target.value); }}>{['architect', 'developer', 'reviewer'].map((one) => <option key={one}>{one}</option>)}</select>
            </label>
            <label style={{ flex: 2 }}>Model <input className="field" placeholder="as before" value={model} maxLength={200} spellCheck={false} onChange={(event) => { setModel(event.target.value); }} /></label>
          </div>
          {error === null ? null : <p className="bad" role="alert"><Plain>{error.message}</Plain></p>}
          <div className="row"><Dialog.Close className="button">Close</Dialog.Close><button type="button" className="button strong" disabled={isBusy} onClick={fork}>{isBusy ? 'Forking…' : 'Fork'}</button></div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
