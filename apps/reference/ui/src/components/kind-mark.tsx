import type { ReactNode } from 'react';

const shapes: { readonly [origin: string]: ReactNode } = {
  model: <path d="M3 4.500h10v6H7.500L4.500 13v-2.500H3z" />,
  tool: <path d="M9.500 3.500a3 3 0 0 0 3.800 3.800L7 13.500 4 10.500l6.300-6.300" />,
  runner: <path d="M6.500 3h3M7 3v4L3.500 13h9L9 7V3" />,
  engine: <><circle cx="4" cy="8" r="1.700" /><circle cx="12" cy="8" r="1.700" /><path d="M6 8h4" /></>,
};

export function KindMark({ origin, isWrong }: { readonly origin: string; readonly isWrong: boolean }): ReactNode {
  return (
    <svg className={`kind${isWrong ? ' bad' : ''}`} viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.400" strokeLinecap="round" strokeLinejoin="round" role="img" aria-label={`${origin}${isWrong ? ', failed' : ''}`}>
      {shapes[origin] ?? <circle cx="8" cy="8" r="2" />}{isWrong ? <circle cx="13" cy="3" r="2.500" fill="currentColor" stroke="none" /> : null}
    </svg>
  );
}
