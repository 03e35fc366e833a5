type JsonObject = { readonly [key: string]: unknown };

/** What a package.json or tsconfig.json says about how tests run; undefined when it cannot be read. */
export function manifestHarness(file: string, text: string | undefined): JsonObject | undefined {
  const json = text === undefined ? {} : parseObject(text, file);
  if (json === undefined) return undefined;
  return file.endsWith('package.json') ? packageHarness(json) : compilerHarness(json);
}

/** The newer package.json with what decides about tests as it was; undefined when it cannot be put together. */
export function withOldHarness(file: string, now: string, before: string | undefined): string | undefined {
  if (!file.endsWith('package.json')) return before;
  const newer = parseObject(now, file);
  const older = before === undefined ? {} : parseObject(before, file);
  if (newer === undefined || older === undefined) return before;
  const kept = Object.fromEntries(Object.entries(newer).filter(([key]) => !runnerKeys.includes(key) && key !== 'scripts' && !isRunnerName(key, newer)));
  const settings = Object.fromEntries(Object.entries(older).filter(([key]) => runnerKeys.includes(key)));
  const name = isRunnerName('name', newer) && typeof older['name'] === 'string' ? { name: older['name'] } : {};
  return JSON.stringify({ ...kept, ...name, ...settings, scripts: older['scripts'] ?? {} }, null, 2);
}

const runnerKeys = ['jest', 'mocha', 'ava', 'tap', 'c8', 'nyc', 'vitest', 'vite', 'babel', 'borp', 'playwright', 'config', 'stryker', 'jasmine', 'tape'];
const runnerNames = /^(@jest\/|@vitest\/|@playwright\/|vitest$|vite$|jest|expect$|chai|mocha$|tap$|tape$|ava$|playwright|c8$|nyc$|tsx$|ts-node$|sinon|should$|power-assert$|assert$|uvu$)/;

function packageHarness(json: JsonObject): JsonObject {
  const scripts = isObject(json['scripts']) ? json['scripts'] : {};
  const reached = reachedScripts(scripts);
  return sorted({
    ...Object.fromEntries(runnerKeys.filter((key) => json[key] !== undefined).map((key) => [key, json[key]])),
    // A package can import itself by its name, and so put itself in the place of a runner.
    ...(isRunnerName('name', json) ? { name: json['name'] } : {}),
    ...(Object.keys(reached).length === 0 ? {} : { scripts: reached }),
  }) as JsonObject;
}

/** The scripts that `npm test` comes to; of a project without any, a plain call of a runner is nothing to look at. */
function reachedScripts(scripts: JsonObject): JsonObject {
  const reached = new Map<string, string>();
  const visit = (name: string): void => {
    for (const part of [`pre${name}`, name, `post${name}`]) {
      const script = Object.hasOwn(scripts, part) ? scripts[part] : undefined;
      if (typeof script !== 'string' || reached.has(part)) continue;
      reached.set(part, script);
      for (const other of Object.keys(scripts)) if (new RegExp(`(^|[^\\w:.-])${escape(other)}($|[^\\w:.-])`).test(script)) visit(other);
    }
  };
  visit('test');
  return Object.fromEntries(reached);
}

/** True for a script that only starts a known runner, without settings of its own. */
export function isPlainTestScript(script: unknown): boolean {
  return typeof script === 'string' && script.length < 200 && /^(node --test|vitest( run)?|jest|mocha|ava|tape)( (?<quote>["']?)[\w./*{},-]*(test|spec)[\w./*{},-]*\k<quote>)*$/.test(script.trim());
}

function compilerHarness(json: JsonObject): JsonObject {
  const options = isObject(json['compilerOptions']) ? json['compilerOptions'] : {};
  const kept = ['paths', 'baseUrl', 'plugins', 'jsxImportSource'].filter((key) => options[key] !== undefined).map((key) => [key, options[key]] as const);
  return sorted(Object.fromEntries([...kept, ...(json['extends'] === undefined ? [] : [['extends', json['extends']] as const])])) as JsonObject;
}

function parseObject(text: string, file: string): JsonObject | undefined {
  if (text.length > 1_000_000) return undefined;
  // tsconfig files have comments and trailing commas.
  const plain = file.endsWith('package.json') ? text : text.replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^*]{0,10000}\*+(?:[^/*][^*]{0,10000}\*+){0,1000}\//g, '$1').replace(/,(\s*[}\]])/g, '$1');
  try {
    const value: unknown = JSON.parse(plain);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRunnerName(key: string, json: JsonObject): boolean {
  const name = json['name'];
  return key === 'name' && typeof name === 'string' && runnerNames.test(name);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
