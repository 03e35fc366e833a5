import type { ReactNode } from 'react';
import type { RunInspection, ShownBlock } from '@fw/framework';
import { Plain } from '../components/plain.tsx';

/** What plugins show of a run. It comes as text and stays text: no code of a plugin is in this page. */
export function PanelsTab({ run }: { readonly run: RunInspection }): ReactNode {
  return run.panels.map(({ name, title, blocks }) => (
    <section key={name} className="panel" aria-label={title}>
      <header><h2><Plain>{title}</Plain></h2><span className="quiet mono"><Plain>{name}</Plain></span></header>
      <div className="inside stack">{blocks.map((block, index) => <Block key={index} block={block} />)}</div>
    </section>
  ));
}

function Block({ block }: { readonly block: ShownBlock }): ReactNode {
  if (block.type === 'text') return <p className="words"><Plain>{block.text}</Plain></p>;
  if (block.type === 'value') return <dl className="facts"><div><dt><Plain>{block.title}</Plain></dt><dd>{block.value === null ? <span className="quiet">nothing yet</span> : <Plain>{block.value}</Plain>}</dd></div></dl>;
  if (block.rows.length === 0) return <p><Plain>{block.title}</Plain>: <span className="quiet">nothing</span></p>;
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={block.title}><table className="table">
      <caption><Plain>{block.title}</Plain></caption>
      <thead><tr>{block.columns.map((column, index) => <th key={index}><Plain>{column}</Plain></th>)}</tr></thead>
      <tbody>{block.rows.map((row, index) => <tr key={index}>{row.map((cell, at) => <td key={at}><Plain>{cell}</Plain></td>)}</tr>)}</tbody>
    </table>{block.left === 0 ? null : <p className="quiet">and {block.left} more</p>}</div>
  );
}
