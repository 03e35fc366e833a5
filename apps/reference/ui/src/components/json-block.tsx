import type { ReactNode } from 'react';
import { Plain } from './plain.tsx';

const longestText = 100_000;

/** JSON for a reader: long texts on lines of their own. */
export function JsonBlock({ title, value }: { readonly title: ReactNode; readonly value: unknown }): ReactNode {
  const texts = value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value).filter(([, one]) => typeof one === 'string' && one.includes('\n')) as [string, string][] : [];
  const rest = texts.length === 0 ? value : Object.fromEntries(Object.entries(value as object).filter(([name]) => !texts.some(([text]) => text === name)));
  return (
    <div className="block">
      <h3>{title}</h3>
      <pre tabIndex={0}><Plain length={longestText}>{typeof rest === 'string' ? rest : JSON.stringify(rest, null, 2)}</Plain></pre>
      {texts.map(([name, text]) => <div key={name}><h3 style={{ borderTop: '1px solid var(--line)' }}><Plain length={60}>{name}</Plain></h3><pre tabIndex={0}><Plain length={longestText}>{text}</Plain></pre></div>)}
    </div>
  );
}
