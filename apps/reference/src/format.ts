import type { ModelPrice, Usage } from '@fw/models';

export function formatDuration(milliseconds: number): string {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  const rest = `${String(Math.floor((milliseconds % 60_000) / 1000)).padStart(2, '0')} s`;
  return minutes < 60 ? `${String(minutes)} min ${rest}` : `${String(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

export function formatTokens(usage: Usage): string {
  return formatCount(usage.inputTokens + usage.outputTokens, 'token');
}

export function formatCost(costNanoUsd: number | 'unknown'): string {
  if (costNanoUsd === 0) return '$0';
  return costNanoUsd === 'unknown' ? 'cost unknown' : `$${(costNanoUsd / 1e9).toFixed(costNanoUsd < 1e7 ? 4 : 2)}`;
}

/** Of a million tokens. */
export function formatPrice(price: Pick<ModelPrice, 'usdPerMillion'> | null): string {
  if (price === null) return 'unknown';
  const { input, output, cacheRead, cacheWrite } = price.usdPerMillion;
  const cached = [...(cacheRead === undefined ? [] : [`$${String(cacheRead)} cached`]), ...(cacheWrite === undefined ? [] : [`$${String(cacheWrite)} to cache`])];
  return `$${String(input)} in${cached.length === 0 ? '' : ` (${cached.join(', ')})`}, $${String(output)} out a million`;
}

export function formatBytes(bytes: number): string {
  const step = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][step] ?? 'TiB'}`;
}

/** Columns side by side, two blanks apart; the last one is not padded. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd()}\n`).join('');
}
