import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { api } from '../api.ts';
import { chosenTheme, keepTheme } from '../theme.ts';
import { KeysDialog } from './keys-dialog.tsx';

const places: { readonly [key: string]: '/' | '/compare' | '/models' | '/plugins' } = { r: '/', c: '/compare', m: '/models', p: '/plugins' };

export function Shell(): ReactNode {
  const session = useQuery({ queryKey: ['session'], queryFn: api.session, staleTime: Infinity, refetchInterval: 10_000 });
  const [theme, setTheme] = useState(chosenTheme);
  const [isHelpOpen, setHelpOpen] = useState(false);
  const navigate = useNavigate();

  useEffect(() => {
    let isGoing = false;
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.metaKey || event.ctrlKey || event.altKey || target.closest('input, textarea, select, [role="dialog"]')) return;
      if (event.key === '?') setHelpOpen(true);
      else if (event.key === '/') {
        const field = document.querySelector<HTMLElement>('[data-search]');
        if (field === null) return;
        event.preventDefault();
        field.focus();
      } else if (isGoing && places[event.key] !== undefined) void navigate({ to: places[event.key]! });
      isGoing = event.key === 'g';
    };
    addEventListener('keydown', onKey);
    return () => { removeEventListener('keydown', onKey); };
  }, [navigate]);

  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <>
      <a className="skip" href="#content">Skip to content</a>
      <div className="bar" role="banner">
        <Link to="/" className="name" aria-label="fw, all runs">fw</Link>
        <nav aria-label="Main">
          <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>Runs</Link>
          <Link to="/compare" activeOptions={{ includeSearch: false }}>Compare</Link>
          <Link to="/models">Models</Link>
          <Link to="/plugins">Plugins</Link>
        </nav>
        <div className="end">
          {session.data?.isReadOnly === true ? <span className="tag">read-only</span> : null}
          <button type="button" className="button bare" onClick={() => { setHelpOpen(true); }} aria-label="Keyboard shortcuts"><span className="keys">?</span></button>
          <button type="button" className="button bare" onClick={() => { keepTheme(other); setTheme(other); }} aria-label={`Use the ${other} theme`}>{theme === 'dark' ? 'Light' : 'Dark'}</button>
        </div>
      </div>
      <main id="content" tabIndex={-1}>
        {session.isError || session.isRefetchError ? <p className="notice bad" role="alert">{(session.error as Error).message} What is shown here may be old.</p> : null}
        <Outlet />
      </main>
      <KeysDialog isOpen={isHelpOpen} onChange={setHelpOpen} />
    </>
  );
}
