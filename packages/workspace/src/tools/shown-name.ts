/**
 * A file's name as the tools show it. One with line breaks, control, bidirectional or invisible characters stands as a
 * JSON string with those escaped, so that it is seen for what it is and can be given back as it is.
 */
export function shownName(name: string): string {
  if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115F\u1160\u2800\u3164\uFFA0]|^[\s"]|\s$/u.test(name)) return name;
  return JSON.stringify(name).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115F\u1160\u2800\u3164\uFFA0]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}
