import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import uPlot from 'uplot';
import type { LimitUse } from '@fw/framework';
import { formatMs } from '../format.ts';

/** What was used of a limit over time, with the limit as a line. */
export function LimitPlot({ use }: { readonly use: LimitUse }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const { points, limit, unit } = use;
  useEffect(() => {
    const element = place.current;
    if (element === null || points.length === 0) return undefined;
    const scale = unit === 'nanoUsd' ? 1e9 : 1;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      const style = getComputedStyle(document.documentElement);
      const color = (name: string): string => style.getPropertyValue(name).trim();
      const axis: uPlot.Axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
      // One point alone would be no line.
      const from = points[0]![0] - 500;
      const times = [from, ...points.map(([at]) => at)].map((at) => at / 1_000);
      const used = [0, ...points.map(([, value]) => value / scale)];
      plot = new uPlot({
        width: element.clientWidth, height: 120, legend: { show: false }, cursor: { show: false }, padding: [8, 8, 0, 0],
        scales: { y: { range: (_self, _low, high) => [0, Math.max(high, limit / scale) * 1.05] } },
        axes: [{ ...axis, space: 80, values: (_self, values) => values.map((value) => formatMs(Math.max(0, value * 1_000 - from))) }, { ...axis, size: 64, values: (_self, values) => values.map((value) => (unit === 'nanoUsd' ? `$${String(value)}` : value.toLocaleString('en', { notation: 'compact' }))) }],
        series: [{}, { stroke: color('--accent'), width: 1.5, fill: color('--chosen'), paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false } }, { stroke: color('--bad'), width: 1.25, dash: [4, 3], points: { show: false } }],
      }, [times, used, times.map(() => limit / scale)], element);
    };
    draw();
    const sizes = new ResizeObserver(draw);
    sizes.observe(element);
    const themes = new MutationObserver(draw);
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      sizes.disconnect();
      themes.disconnect();
      plot?.destroy();
    };
  }, [points, limit, unit]);
  return <div className="plot" ref={place} aria-hidden="true" />;
}
