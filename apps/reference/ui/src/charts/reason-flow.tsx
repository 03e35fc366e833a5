import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { sankey, sankeyJustify, sankeyLinkHorizontal } from 'd3-sankey';
import type { ReasonFlow } from '@fw/framework';

interface Place { readonly id: string; readonly name: string; readonly kind: 'from' | 'reason' | 'to' }
interface Way { readonly source: string; readonly target: string; readonly value: number }

const width = 760;

/** Who sent back, why, and where to: as wide as there were requests. */
export function ReasonFlowChart({ flows }: { readonly flows: readonly ReasonFlow[] }): ReactNode {
  const { nodes, links, height } = useMemo(() => drawFlows(flows), [flows]);
  const words = flows.map(({ from, reason, to, count }) => `${from} sent back to ${to} because of ${reason}, ${String(count)} times`).join('; ');
  return (
    <div className="wide-chart" tabIndex={0} role="group" aria-label="Why revisions were asked for">
      <svg className="chart" viewBox={`0 0 ${String(width)} ${String(height)}`} role="img" aria-label={words} style={{ maxWidth: 900 }}>
        {links.map(({ path, thickness, title }) => <path key={title} className="flow" d={path} strokeWidth={thickness}><title>{title}</title></path>)}
        {nodes.map(({ id, name, kind, x, y, height: size, value }) => (
          <g key={id}><rect className={`place ${kind}`} x={x} y={y} width={10} height={size} rx={1} />
            <text x={kind === 'to' ? x - 8 : x + 18} y={y + size / 2 + 4} textAnchor={kind === 'to' ? 'end' : 'start'}>{name.slice(0, 28)} <tspan className="faint">{value}</tspan></text></g>
        ))}
      </svg>
    </div>
  );
}

function drawFlows(flows: readonly ReasonFlow[]): { readonly height: number; readonly nodes: readonly (Place & { readonly x: number; readonly y: number; readonly height: number; readonly value: number })[]; readonly links: readonly { readonly path: string; readonly thickness: number; readonly title: string }[] } {
  const places = new Map<string, Place>();
  const ways = new Map<string, Way>();
  const add = (kind: Place['kind'], name: string): string => {
    const id = `${kind} ${name}`;
    places.set(id, { id, name, kind });
    return id;
  };
  const join = (source: string, target: string, value: number): void => {
    const key = `${source}\n${target}`;
    ways.set(key, { source, target, value: value + (ways.get(key)?.value ?? 0) });
  };
  for (const { from, reason, to, count } of flows) {
    const middle = add('reason', reason);
    join(add('from', from), middle, count);
    join(middle, add('to', to), count);
  }
  const most = Math.max(...(['from', 'reason', 'to'] as const).map((kind) => [...places.values()].filter((place) => place.kind === kind).length));
  const height = Math.max(64, most * 52 + 16);
  const graph = sankey<Place, Way>().nodeId(({ id }) => id).nodeAlign(sankeyJustify).nodeWidth(10).nodePadding(20).extent([[1, 8], [width - 1, height - 8]])({
    nodes: [...places.values()].map((place) => ({ ...place })), links: [...ways.values()].map((way) => ({ ...way })),
  });
  const line = sankeyLinkHorizontal<Place, Way>();
  return {
    height,
    nodes: graph.nodes.map(({ id, name, kind, x0 = 0, y0 = 0, y1 = 0, value = 0 }) => ({ id, name, kind, x: x0, y: y0, height: Math.max(2, y1 - y0), value })),
    links: graph.links.map((link) => ({ path: line(link) ?? '', thickness: Math.max(1, link.width ?? 1), title: `${(link.source as Place).name} → ${(link.target as Place).name}: ${String(link.value)}` })),
  };
}
