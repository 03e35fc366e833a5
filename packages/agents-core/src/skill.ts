/** A way of doing something, written down: https://agentskills.io. */
export interface Skill {
  readonly name: string;
  /** What it does and when to use it. */
  readonly description: string;
  /** What follows the head of the file. */
  readonly body: string;
}

const longestName = 64;
const longestDescription = 1_024;

/** Reads a SKILL.md: a head of `name` and `description` between two lines of `---`, then text. Undefined for another file. */
export function parseSkill(text: string): Skill | undefined {
  const match = /^\uFEFF?---\r?\n([\s\S]{0,20000}?)\r?\n---(?:\r?\n|$)/.exec(text);
  if (match === null) return undefined;
  const head = fieldsOf(match[1] ?? '');
  const [name, description] = [head.get('name') ?? '', head.get('description') ?? ''];
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) || name.length > longestName || description === '') return undefined;
  return { name, description: description.slice(0, longestDescription).toWellFormed(), body: text.slice(match[0].length) };
}

/** As much of YAML as such a head has: one field a line, quoted or not, or a block that is indented below it. */
function fieldsOf(head: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let last: string | undefined;
  for (const line of head.split(/\r?\n/)) {
    const [, key, value = ''] = /^([A-Za-z][\w-]*):\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined) {
      last = key;
      fields.set(key, /^[>|][+-]?$/.test(value.trim()) ? '' : value.trim().replace(/^(["'])(.*)\1$/, '$2'));
    } else if (last !== undefined && /^\s+\S/.test(line)) fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`.trim());
  }
  return fields;
}
