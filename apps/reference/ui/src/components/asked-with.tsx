import { useState } from 'react';
import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import { api } from '../api.ts';
import { JsonBlock } from './json-block.tsx';
import { Failure, Loading } from './page-state.tsx';
import { Plain } from './plain.tsx';

interface Message {
  readonly role?: unknown;
  readonly content?: unknown;
}

/** What a model was asked, every message of it. The journal has its digest alone, so it is made anew when somebody looks. */
export function AskedWith({ run, seq }: { readonly run: string; readonly seq: number }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const asked = useQuery({ queryKey: ['step-input', run, seq], queryFn: () => api.stepInput(run, seq), enabled: isOpen, staleTime: Infinity, retry: false });
  return (
    <details onToggle={(event) => { setOpen(event.currentTarget.open); }}>
      <summary className="quiet">What it was asked</summary>
      {asked.data === undefined ? (asked.isError ? <Failure error={asked.error} again={() => void asked.refetch()} /> : <Loading what="what it was asked" />) : <Request value={asked.data.input} />}
    </details>
  );
}

function Request({ value }: { readonly value: unknown }): ReactNode {
  const { messages, tools, ...rest } = (value ?? {}) as { readonly messages?: readonly Message[]; readonly tools?: readonly { readonly name?: unknown }[] };
  if (!Array.isArray(messages)) return <JsonBlock title="Asked with" value={value} />;
  return (
    <div className="said">
      {messages.map(({ role, content }: Message, index) => <Parts key={index} role={String(role)} content={content} />)}
      {tools === undefined ? null : <JsonBlock title="tools" value={tools.map(({ name }) => String(name)).join(', ')} />}
      {Object.keys(rest).length === 0 ? null : <JsonBlock title="settings" value={rest} />}
    </div>
  );
}

function Parts({ role, content }: { readonly role: string; readonly content: unknown }): ReactNode {
  const parts = (Array.isArray(content) ? content : [content]) as readonly { readonly type?: unknown; readonly text?: unknown; readonly name?: unknown; readonly content?: unknown; readonly arguments?: unknown }[];
  return parts.map((part, index) => {
    const value = typeof part === 'string' ? part : part?.type === 'text' ? part.text : part?.type === 'tool-call' ? part.arguments : part?.type === 'tool-result' ? part.content : part;
    const name = typeof part === 'object' && typeof part?.name === 'string' ? part.name : '';
    return <JsonBlock key={index} title={<>{role}{name === '' ? null : <> <Plain length={100}>{name}</Plain></>}</>} value={value} />;
  });
}
