import type { ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { Refusal } from '../api.ts';
import { Plain } from './plain.tsx';

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return <div className="state"><h2>{title}</h2>{children === undefined ? null : <p>{children}</p>}</div>;
}

export function Loading({ lines = 6, what }: { readonly lines?: number; readonly what: string }): ReactNode {
  return (
    <div className="bones" role="status" aria-label={`Loading ${what}`}>
      {Array.from({ length: lines }, (_, index) => <span key={index} style={{ width: `${String(92 - ((index * 23) % 48))}%` }} />)}
    </div>
  );
}

export function Failure({ error, again }: { readonly error: unknown; readonly again?: () => void }): ReactNode {
  const { message, code } = error instanceof Refusal ? error : { message: String((error as { readonly message?: unknown } | null)?.message ?? error), code: '' };
  return (
    <div className="state" role="alert">
      <h2>This could not be shown</h2>
      <p><Plain length={1_000}>{message}</Plain></p>
      {code === '' ? null : <p><code>{code}</code></p>}
      {again === undefined ? null : <button type="button" className="button" onClick={again}>Try again</button>}
    </div>
  );
}

export function NotFound(): ReactNode {
  return <div className="state"><h2>There is nothing here</h2><p><Link to="/">All runs</Link></p></div>;
}
