import { describe, expect, it } from 'vitest';
import { formatBytes, formatCost, formatCount, formatDuration, formatTable } from '../src/format.ts';

describe('format', () => {
  it.each([[0, '0.0 s'], [1234, '1.2 s'], [59_949, '59.9 s'], [61_000, '1 min 01 s'], [3_600_000, '1 h 00 min'], [7_320_000, '2 h 02 min']])('writes %d ms as %s', (duration, text) => {
    expect(formatDuration(duration)).toBe(text);
  });

  it('never shows an unknown cost as nothing', () => {
    expect(formatCost('unknown')).toBe('cost unknown');
    expect(formatCost(0)).toBe('$0');
    expect(formatCost(1_234_000_000)).toBe('$1.23');
  });

  it('counts and measures', () => {
    expect(formatCount(1, 'call')).toBe('1 call');
    expect(formatCount(12_345, 'token')).toBe('12,345 tokens');
    expect(formatBytes(0)).toBe('0 B');
    expect(formatBytes(1536)).toBe('1.5 KiB');
    expect(formatBytes(5 * 1024 ** 3)).toBe('5.0 GiB');
  });

  it('aligns columns but the last', () => {
    expect(formatTable([['A', 'LONG', 'x'], ['bbb', 'c', '']])).toBe('A    LONG  x\nbbb  c\n');
  });
});
