import type { ReactNode } from 'react';

const shapes: { readonly [name: string]: ReactNode } = {
  done: <path d="M2 6.500l2.800 2.800L10 3.500" fill="none" stroke="currentColor" strokeWidth="1.800" strokeLinecap="round" strokeLinejoin="round" />,
  wrong: <path d="M3 3l6 6M9 3l-6 6" fill="none" stroke="currentColor" strokeWidth="1.800" strokeLinecap="round" />,
  live: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  wait: <path d="M4 2.500v7M8 2.500v7" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />,
  none: <path d="M2.500 6h7" fill="none" stroke="currentColor" strokeWidth="1.600" strokeLinecap="round" />,
  unclear: <><circle cx="6" cy="6" r="4.300" fill="none" stroke="currentColor" strokeWidth="1.500" /><path d="M6 3.800v2.600M6 8.100v.1" stroke="currentColor" strokeWidth="1.500" strokeLinecap="round" /></>,
};

const looks: { readonly [status: string]: readonly [shape: string, tone: string] } = {
  success: ['done', 'good'], accepted: ['done', 'good'], passed: ['done', 'good'], proven: ['done', 'good'],
  failed: ['wrong', 'bad'], rejected: ['wrong', 'bad'], cancelled: ['wrong', 'quiet'],
  running: ['live', 'running'], waiting: ['wait', 'wait'], inconclusive: ['unclear', 'warn'], unproven: ['unclear', 'warn'], unavailable: ['none', 'quiet'],
};

function StatusMark({ status }: { readonly status: string }): ReactNode {
  const [shape] = looks[status] ?? ['none'];
  return <svg viewBox="0 0 12 12" aria-hidden="true">{shapes[shape]}</svg>;
}

/** A mark and the word. */
export function Status({ status, children }: { readonly status: string; readonly children?: ReactNode }): ReactNode {
  const [, tone] = looks[status] ?? ['none', 'quiet'];
  return <span className={`status ${tone}`}><StatusMark status={status} />{children ?? status}</span>;
}
