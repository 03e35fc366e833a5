import { expect, test } from 'vitest';
import { retryTime } from '../src/retry-after.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const day = 24 * 60 * 60 * 1_000;

test.each([
  ['seconds', { 'retry-after': '2' }, 2_000],
  ['fractions of a second', { 'retry-after': '0.5' }, 500],
  ['milliseconds, which win', { 'retry-after': '9', 'retry-after-ms': '120' }, 120],
  ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
  ['a date by a clock that is five minutes ahead', { 'retry-after': 'Thu, 01 Jan 2026 00:05:30 GMT', date: 'Thu, 01 Jan 2026 00:05:00 GMT' }, 30_000],
  ['a date that is past', { 'retry-after': 'Thu, 01 Jan 2015 00:00:00 GMT' }, 0],
  ['a negative figure', { 'retry-after': '-5' }, 0],
  ['an absurd figure', { 'retry-after': '1e9' }, day],
  ['a duration', { 'retry-after': '6m0.5s' }, 360_500],
  ['a duration in milliseconds', { 'retry-after': '120ms' }, 120],
  ['an RFC 3339 date', { 'retry-after': '2026-01-01T00:00:30Z' }, 30_000],
  ['the reset of the limit that is used up', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s', 'x-ratelimit-remaining-tokens': '9', 'x-ratelimit-reset-tokens': '9h' }, 360_000],
  ['the reset of a limit as a date', { 'anthropic-ratelimit-input-tokens-remaining': '0', 'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:00:10Z' }, 10_000],
  ['no number', { 'retry-after': 'soon' }, undefined],
  ['nothing', { 'retry-after': '' }, undefined],
  ['no header', {}, undefined],
  ['nonsense before seconds', { 'retry-after-ms': 'NaN', 'retry-after': '3' }, 3_000],
])('reads %s', (_, headers, waitMs) => {
  expect(retryTime(new Headers(headers as Record<string, string>), now)).toBe(waitMs === undefined ? undefined : now + waitMs);
});
