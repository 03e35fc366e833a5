const levels = ['debug', 'info', 'warn', 'error'];

/** A logger that writes lines of that level and above. */
export function createLogger(prefix, write, level) {
  const least = levels.indexOf(level);
  return Object.fromEntries(levels.map((name, index) => [name, (message) => {
    if (index >= least) write(`${prefix} ${name}: ${message}`);
  }]));
}
