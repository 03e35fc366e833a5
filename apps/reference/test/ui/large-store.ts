import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Text that a page must not take for anything else. */
const hostileText = '<img src=x onerror="hacked=1"><script>hacked=1</script>\u202Egpj.exe\u0000\u001b[2J\u200b&lt;';

const panel = {
  specVersion: 1, name: 'acme.criteria', title: `Criteria ${hostileText}`,
  blocks: [
    { type: 'text', text: hostileText },
    { type: 'value', title: 'Nothing', from: { artifact: 'nobody' } },
    { type: 'table', title: 'Criteria', from: { artifact: 'requirements', path: ['criteria'] }, columns: [{ title: 'Id', path: ['id'] }, { title: hostileText, path: ['text'] }] },
  ],
};

/** As many entries more, as its tools could have written them. What a journal seals is not looked at by those who show it. */
export function addManySteps(home: string, run: string, count: number): void {
  change(home, (database) => {
    const { body } = database.prepare("SELECT body FROM entries WHERE run = ? AND json_extract(body, '$.origin') = 'tool' AND json_extract(body, '$.kind') = 'step' ORDER BY seq LIMIT 1").get(run) as { readonly body: string };
    const { seq: last } = database.prepare('SELECT max(seq) AS seq FROM entries WHERE run = ?').get(run) as { readonly seq: number };
    const entry = JSON.parse(body) as { readonly key: string; readonly at: number };
    for (let index = 1; index <= count; index += 1) {
      const made = { ...entry, seq: last + index, key: `${entry.key}0${String(index)}`, at: entry.at + 10_000 + index, output: { ok: index % 7 !== 0, text: `${String(index)} ${hostileText}` } };
      copyRow(database, 'entries', { run }, { run, seq: last + index, at: made.at, body: JSON.stringify(made) });
    }
  });
}

export function addManyRuns(home: string, run: string, count: number): void {
  const ending = JSON.stringify({ status: 'success', state: { state: 'success' } });
  change(home, (database) => {
    for (let index = 0; index < count; index += 1) copyRow(database, 'runs', { id: run }, { id: `${run}-${String(index)}`, result: ending });
  });
}

/** Its goal becomes hostile text, and what the panel of a plugin says. */
export function makeHostile(home: string, run: string): void {
  change(home, (database) => {
    const { input } = database.prepare('SELECT input FROM runs WHERE id = ?').get(run) as { readonly input: string };
    const { task, ...rest } = JSON.parse(input) as { readonly task: object };
    database.prepare('UPDATE runs SET input = ? WHERE id = ?').run(JSON.stringify({ ...rest, task: { ...task, goal: hostileText }, panels: [panel, { ...panel, name: 'acme.broken', blocks: [{ type: 'html', text: hostileText }] }] }), run);
  });
}

function change(home: string, work: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(path.join(home, 'runs.sqlite'), { timeout: 10_000 });
  database.exec('BEGIN IMMEDIATE');
  work(database);
  database.exec('COMMIT');
  database.close();
}

const columnsOf = (database: DatabaseSync, table: string): readonly string[] => (database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { readonly name: string }[]).map(({ name }) => name);

type Values = { readonly [column: string]: string | number };

function copyRow(database: DatabaseSync, table: string, like: Values, values: Values): void {
  const [[column, value]] = Object.entries(like) as [[string, string]];
  const columns = columnsOf(database, table);
  const chosen = columns.map((name) => (Object.hasOwn(values, name) ? '?' : `"${name}"`));
  database.prepare(`INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(', ')}) SELECT ${chosen.join(', ')} FROM ${table} WHERE ${column} = ? LIMIT 1`).run(...columns.flatMap((name) => (Object.hasOwn(values, name) ? [values[name]!] : [])), value);
}
