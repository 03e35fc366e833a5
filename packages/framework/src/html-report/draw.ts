import type { LimitUse } from '../inspection/limit-use.ts';
import type { RunSpan } from '../inspection/spans.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';

const width = 1_000;
const labels = 260;
const row = 18;
const mostRows = 300;

/** Spans as bars over time; of very many the longest. */
export function drawWaterfall(spans: readonly RunSpan[]): Html {
  const [start, end] = [Math.min(...spans.map(({ startedAt }) => startedAt)), Math.max(...spans.map(({ startedAt, endedAt }) => endedAt ?? startedAt))];
  const shown = spans.length <= mostRows ? spans : keepLongest(spans, end);
  const scale = (width - labels - 80) / Math.max(1, end - start);
  const bars = shown.map((span, index) => {
    const x = labels + (span.startedAt - start) * scale;
    const length = Math.max(1, ((span.endedAt ?? end) - span.startedAt) * scale);
    const name = span.kind === 'state' ? `${span.state}${span.visit > 1 ? ` (${String(span.visit)})` : ''}` : `${span.agent} · ${span.label}`;
    return html`<text x="${span.kind === 'state' ? 0 : 12}" y="${index * row + 13}" class="${span.kind === 'state' ? '' : 'quiet'}">${name.slice(0, 44)}</text><rect x="${x.toFixed(1)}" y="${index * row + 4}" width="${length.toFixed(1)}" height="10" rx="1" class="${span.kind === 'state' ? 'lane' : `bar${span.critical ? ' critical' : ''}${span.ok ? '' : ' failed'}`}"></rect><text x="${(x + length + 4).toFixed(1)}" y="${index * row + 13}" class="quiet">${((span.endedAt ?? end) - span.startedAt).toLocaleString('en')} ms</text>`;
  });
  return html`<svg viewBox="0 0 ${width} ${shown.length * row + 4}" role="img" aria-label="Waterfall of ${spans.length} spans">${bars}</svg>${shown.length < spans.length ? html`<p class="quiet">The ${shown.length} longest of ${spans.length} are shown.</p>` : ''}`;
}

function keepLongest(spans: readonly RunSpan[], end: number): readonly RunSpan[] {
  const longest = new Set(spans.toSorted((left, right) => ((right.endedAt ?? end) - right.startedAt) - ((left.endedAt ?? end) - left.startedAt)).slice(0, mostRows));
  return spans.filter((span) => longest.has(span));
}

/** What was used of each limit, as a bar. */
export function drawLimits(limits: readonly LimitUse[]): Html {
  const bars = limits.map(({ name, limit, used, window, isLeast, unit }, index) => {
    const share = Math.min(1, used / limit);
    const amount = (value: number): string => (unit === 'nanoUsd' ? `$${(value / 1e9).toFixed(4)}` : value.toLocaleString('en'));
    return html`<text x="0" y="${index * 22 + 14}">${name}</text><rect x="${labels}" y="${index * 22 + 4}" width="400" height="12" class="lane"></rect><rect x="${labels}" y="${index * 22 + 4}" width="${(share * 400).toFixed(1)}" height="12" class="${used > limit ? 'over' : 'used'}"></rect><text x="${labels + 412}" y="${index * 22 + 14}" class="quiet">${isLeast ? 'at least ' : ''}${amount(used)} of ${amount(limit)}${window === 'run' ? '' : ` in the busiest ${window}`}</text>`;
  });
  return html`<svg viewBox="0 0 ${width} ${limits.length * 22 + 4}" role="img" aria-label="Limits against use">${bars}</svg>`;
}
