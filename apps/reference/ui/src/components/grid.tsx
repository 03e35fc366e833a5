import { useEffect, useId, useRef, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';

export interface GridColumn<Row> {
  readonly name: ReactNode;
  readonly cell: (row: Row) => ReactNode;
  readonly className?: string;
}

export interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  /** Of all rows, those included that are not loaded yet. */
  readonly total?: number;
  readonly columns: readonly GridColumn<Row>[];
  /** As `grid-template-columns` has it; absent where a style has it. */
  readonly template?: string;
  readonly rowHeight: number;
  readonly height: string;
  readonly className?: string;
  readonly keyOf: (row: Row) => string | number;
  readonly chosen?: string | number | undefined;
  readonly onOpen: (row: Row) => void;
  /** Told when the end comes near. */
  readonly onEnd?: () => void;
  /** Stays at the end while it grows, unless its reader has gone up. */
  readonly follows?: boolean;
}

const headHeight = 34;

/** A list of any length: only what can be seen is in the page. It has the focus as a whole; arrow keys move the row that is active, Enter opens it. */
export function Grid<Row>({ label, rows, total = rows.length, columns, template, rowHeight, height, className = '', keyOf, chosen, onOpen, onEnd, follows = false }: GridProps<Row>): ReactNode {
  const id = useId();
  const place = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const isAtEnd = useRef(true);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => place.current, estimateSize: () => rowHeight, overscan: 12, scrollMargin: headHeight, scrollPaddingStart: headHeight });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const current = Math.min(active, rows.length - 1);
  const layout = template === undefined ? undefined : { gridTemplateColumns: template };

  useEffect(() => { if (last >= rows.length - 20 && rows.length < total) onEnd?.(); }, [last, rows.length, total, onEnd]);
  useEffect(() => { if (follows && isAtEnd.current && rows.length > 0) virtual.scrollToIndex(rows.length - 1); }, [follows, rows.length, virtual]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((place.current?.clientHeight ?? 0) / rowHeight) - 2);
    const steps: { readonly [key: string]: number } = { ArrowDown: current + 1, ArrowUp: current - 1, j: current + 1, k: current - 1, Home: 0, End: rows.length - 1, PageDown: current + page, PageUp: current - page };
    const to = event.ctrlKey || event.metaKey || event.altKey ? undefined : steps[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(rows.length - 1, to));
      setActive(next);
      virtual.scrollToIndex(next);
    } else if (event.key === 'Enter' || event.key === ' ') {
      const row = rows[current];
      if (row === undefined) return;
      event.preventDefault();
      onOpen(row);
    }
  };
  return (
    <div className={`grid ${className}`} ref={place} role="grid" tabIndex={0} aria-label={label} aria-rowcount={total + 1} aria-activedescendant={items.some(({ index }) => index === current) ? `${id}-${String(current)}` : undefined}
      style={{ height }} onKeyDown={onKeyDown} onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => { isAtEnd.current = scrollHeight - scrollTop - clientHeight < rowHeight * 2; }}>
      <div role="rowgroup" className="head-group"><div className="head" role="row" aria-rowindex={1} style={layout}>{columns.map(({ name, className: look = '' }, index) => <div key={index} role="columnheader" className={look}>{name}</div>)}</div></div>
      <div role="rowgroup" className="body" style={{ height: rows.length * rowHeight }}>
        {items.map(({ index, start }) => {
          const row = rows[index]!;
          const key = keyOf(row);
          return (
            <div key={key} id={`${id}-${String(index)}`} role="row" className={`line${index === current ? ' active' : ''}`} aria-rowindex={index + 2} aria-selected={chosen === key}
              style={{ ...layout, height: rowHeight, transform: `translateY(${String(start - headHeight)}px)` }}
              onClick={(event) => { setActive(index); if (!(event.target as HTMLElement).closest('a, button')) onOpen(row); }}>
              {columns.map(({ cell, className: look = '' }, column) => <div key={column} role="gridcell" className={look}>{cell(row)}</div>)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
