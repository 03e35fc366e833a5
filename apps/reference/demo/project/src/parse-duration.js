const units = { h: 3_600_000, m: 60_000, s: 1_000 };

/**
 * Milliseconds of a duration such as `90s`; NaN for anything else.
 * @param {string} text
 * @returns {number}
 */
export function parseDuration(text) {
  const match = /^(\d+)([hms])$/.exec(text);
  return match ? Number(match[1]) * units[match[2]] : NaN;
}
