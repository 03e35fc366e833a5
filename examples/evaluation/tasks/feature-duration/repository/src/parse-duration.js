const milliseconds = { h: 3_600_000, m: 60_000, s: 1_000 };

/** Milliseconds of a text such as `5m`; NaN for anything else. */
export function parseDuration(text) {
  const match = /^(\d+)([hms])$/.exec(text);
  return match ? Number(match[1]) * milliseconds[match[2]] : Number.NaN;
}
