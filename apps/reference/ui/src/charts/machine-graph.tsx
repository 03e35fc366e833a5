import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { Graph, layout } from '@dagrejs/dagre';
import type { RunInspection } from '@fw/framework';
import { formatMs } from '../format.ts';
import { hasEnded } from '../use-run.ts';

interface Arrow { readonly from: string; readonly to: string; readonly event: string; readonly isBack: boolean }
interface Point { readonly x: number; readonly y: number }

const nodeWidth = 124;
const nodeHeight = 46;
const letter = 6.4;

/** The state machine of a run with where it is, where it was how often, and the arrows that it took. */
export function MachineGraph({ run }: { readonly run: RunInspection }): ReactNode {
  const { definition, states } = run;
  const drawn = useMemo(() => draw(definition), [definition]);
  const taken = new Set(states.flatMap(({ state, event }) => (event === undefined ? [] : [`${state} ${event}`])));
  const here = hasEnded(run.status) ? undefined : run.state;
  const failedIn = run.status === 'failed' || run.status === 'cancelled' ? states.at(-1)?.state : undefined;
  const words = `State machine. ${states.map(({ state, visit, event }) => `${state}${visit > 1 ? ` again` : ''}${event === undefined ? ', here now' : ''}`).join(', then ')}.`;
  return (
    <div className="wide-chart wide" tabIndex={0} role="group" aria-label="State machine">
      <svg className="chart" viewBox={`0 0 ${String(drawn.width)} ${String(drawn.height)}`} role="img" aria-label={words}>
        <defs>{['', 'taken', 'back taken'].map((look) => <marker key={look} id={`arrow-${look.replace(' ', '-')}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.500L8 4L0 7.500z" className={`arrow ${look}`} /></marker>)}</defs>
        {drawn.edges.map(({ from, event, isBack, path }) => {
          const isTaken = taken.has(`${from} ${event}`);
          return <path key={`${from} ${event}`} d={path} className={`edge${isBack ? ' back' : ''}${isTaken ? ' taken' : ''}`} markerEnd={`url(#arrow-${isTaken ? (isBack ? 'back-taken' : 'taken') : ''})`} />;
        })}
        {drawn.edges.map(({ from, event, label }) => (
          <g key={`${from} ${event}`} transform={`translate(${String(label.x)} ${String(label.y)})`}>{wordsOf(event).map((word, index, words) => <g key={word} transform={`translate(0 ${String((index - (words.length - 1) / 2) * 14)})`}><rect className="label-ground" x={-word.length * letter / 2 - 2} y={-7} width={word.length * letter + 4} height={14} /><text className="faint" textAnchor="middle" y={4}>{word}</text></g>)}</g>
        ))}
        {drawn.nodes.map(({ name, x, y, final }) => {
          const visits = states.filter(({ state }) => state === name);
          const isEnd = final !== undefined && run.status === final;
          const look = here === name ? 'here' : isEnd ? (final === 'success' ? 'ended-good' : 'ended-bad') : name === failedIn ? 'ended-bad' : visits.length > 0 ? 'passed' : 'never';
          const detail = visits.length > 0 ? `${visits.length > 1 ? `${String(visits.length)}× · ` : ''}${formatMs(visits.reduce((sum, { durationMs }) => sum + durationMs, 0))}` : final === undefined ? 'not yet' : isEnd ? 'reached' : 'end';
          return (
            <g key={name} className={`node ${look}`} transform={`translate(${String(x - nodeWidth / 2)} ${String(y - nodeHeight / 2)})`}>
              <rect width={nodeWidth} height={nodeHeight} rx={final === undefined ? 5 : nodeHeight / 2} />
              <text x={nodeWidth / 2} y={20} textAnchor="middle" fontWeight={here === name ? 600 : 500}>{name.slice(0, 20)}</text>
              <text x={nodeWidth / 2} y={36} textAnchor="middle" className="faint">{here === name ? `here now · ${detail}` : detail}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

function draw({ states, initial }: RunInspection['definition']): { readonly width: number; readonly height: number; readonly nodes: readonly (Point & { readonly name: string; readonly final: string | undefined })[]; readonly edges: readonly (Arrow & { readonly path: string; readonly label: Point })[] } {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 40, ranksep: 14, edgesep: 30, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const order = [initial, ...Object.keys(states).filter((name) => name !== initial)];
  for (const name of order) graph.setNode(name, { width: nodeWidth, height: nodeHeight });
  const arrows: Arrow[] = order.flatMap((from) => {
    const state = states[from];
    if (state === undefined || 'final' in state) return [];
    return Object.entries(state.on).map(([outcome, { to, event }]) => ({ from, to, event, isBack: outcome !== 'done' }));
  });
  // A way back to the same state is drawn by hand, below it.
  for (const { from, to, event, isBack } of arrows) if (from !== to) graph.setEdge(from, to, { width: Math.max(...wordsOf(event).map((word) => word.length)) * letter + 12, height: 30, labelpos: 'c', weight: isBack ? 0 : 100 }, event);
  layout(graph);
  const size = graph.graph() as unknown as { readonly width: number; readonly height: number };
  return {
    width: size.width, height: size.height + 44,
    nodes: order.map((name) => {
      const state = states[name]!;
      const { x, y } = graph.node(name) as unknown as Point;
      return { name, x, y, final: 'final' in state ? state.final : undefined };
    }),
    edges: arrows.map((arrow) => {
      if (arrow.from === arrow.to) {
        const { x, y } = graph.node(arrow.from) as unknown as Point;
        const bottom = y + nodeHeight / 2;
        return { ...arrow, path: `M${String(x + 22)} ${String(bottom)}v10q0 8 -8 8h-28q-8 0 -8 -8v-10`, label: { x, y: bottom + 34 } };
      }
      const { points, x, y } = graph.edge(arrow.from, arrow.to, arrow.event) as unknown as Point & { readonly points: readonly Point[] };
      return { ...arrow, path: smooth(points), label: { x, y } };
    }),
  };
}

/** Long names on two lines. */
const wordsOf = (event: string): readonly string[] => (event.length > 9 ? event.split(/(?<=-)/) : [event]);

/** A curve through all the points. */
function smooth(points: readonly Point[]): string {
  const at = (index: number): Point => points[Math.max(0, Math.min(points.length - 1, index))] ?? { x: 0, y: 0 };
  const between = (from: Point, before: Point, after: Point, way: 1 | -1): string => `${String(from.x + (way * (after.x - before.x)) / 6)} ${String(from.y + (way * (after.y - before.y)) / 6)}`;
  return points.slice(1).reduce((path, point, index) => `${path}C${between(at(index), at(index - 1), point, 1)} ${between(point, at(index), at(index + 2), -1)} ${String(point.x)} ${String(point.y)}`, `M${String(at(0).x)} ${String(at(0).y)}`);
}
