export { formatCost, formatCount } from '../../src/format.ts';
import type { Usage } from '@fw/models';

export const tokensOf = ({ inputTokens, outputTokens }: Usage): number => inputTokens + outputTokens;
export const formatNumber = (value: number): string => value.toLocaleString('en');
export const formatMs = (ms: number): string => (ms < 1_000 ? `${String(Math.round(ms))} ms` : ms < 60_000 ? `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s` : `${String(Math.floor(ms / 60_000))} min ${String(Math.floor((ms % 60_000) / 1_000)).padStart(2, '0')} s`);
export const formatShare = (share: number | null | undefined): string => (share === null || share === undefined ? '–' : `${(share * 100).toFixed(1)} %`);

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
export const formatTime = (at: number): string => time.format(at);
export const formatDay = (at: number): string => day.format(at);

export function formatAgo(at: number, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - at) / 1_000));
  if (seconds < 60) return `${String(seconds)} s ago`;
  if (seconds < 3_600) return `${String(Math.floor(seconds / 60))} min ago`;
  return seconds < 86_400 ? `${String(Math.floor(seconds / 3_600))} h ago` : formatDay(at);
}
