import type { ReactNode } from 'react';
import { Dialog } from '@base-ui/react/dialog';

const keys: readonly (readonly [string, string])[] = [
  ['g r', 'all runs'], ['g c', 'compare two runs'], ['g m', 'models'], ['g p', 'plugins'], ['/', 'search'], ['↑ ↓', 'move in a list; Home, End, Page Up and Page Down too'],
  ['Enter', 'open what is chosen'], ['← →', 'move between tabs'], ['Esc', 'close a dialog'], ['?', 'this page'],
];

export function KeysDialog({ isOpen, onChange }: { readonly isOpen: boolean; readonly onChange: (isOpen: boolean) => void }): ReactNode {
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => { onChange(open); }}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title>Keyboard</Dialog.Title>
          <table className="table"><tbody>{keys.map(([key, what]) => <tr key={key}><th scope="row"><span className="keys">{key}</span></th><td>{what}</td></tr>)}</tbody></table>
          <div className="row"><Dialog.Close className="button">Close</Dialog.Close></div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
