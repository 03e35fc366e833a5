/** True when a path matches a pattern of `*`, `**`, `?` and `{a,b}`. */
export function matchesGlob(path: string, pattern: string): boolean {
  let source = '';
  let open = 0;
  const glob = pattern.replace(/^\.\//, '').replace(/\/$/, '');
  for (let at = 0; at < glob.length; at++) {
    const char = glob.charAt(at);
    if (glob.startsWith('**/', at)) {
      source += '(?:[^/]+/)*';
      at += 2;
    } else if (glob.startsWith('**', at)) {
      source += '.*';
      at++;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '{') {
      source += '(?:';
      open++;
    } else if (char === '}' && open > 0) {
      source += ')';
      open--;
    } else if (char === ',' && open > 0) source += '|';
    else source += char.replace(/[\\^$.+()[\]|}]/, '\\$&');
  }
  return new RegExp(`^${source}${')'.repeat(open)}$`).test(path);
}
