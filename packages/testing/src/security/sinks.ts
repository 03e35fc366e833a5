import { isNode } from '../syntax-node.ts';
import type { Call } from './call.ts';
import { judgeExpression } from './regex/judge-expression.ts';
import type { Problem, Run } from './run.ts';
import type { State } from './state.ts';
import { from, harm, joinTaint, noTaint, shape } from './taint.ts';
import type { Mark, Taint } from './taint.ts';
import { spread, unknown } from './value.ts';
import type { RegexRef, Value } from './value.ts';

/** Commands given as one text, which a shell reads. */
const shellCommands = /^(child_process\.exec(Sync)?|shelljs\.exec|execa\.(execaCommand|execaCommandSync|command|commandSync)|node-cmd\.(get|run|runSync)|child-process-promise\.exec|(sync-exec|exec-sync|shell-exec|async-exec|exec-async|execsyncs|exec-sh|shelljs\/global|child-process-es6-promise\.exec|mz\/child_process\.exec|promisify-child-process\.exec|@npmcli\/run-script|sudo-prompt\.exec|node-exec|exec-then|system-command|cross-exec|await-exec)(\.\w+)?)$/;
const programs = /^(child_process\.(spawn|spawnSync|execFile|execFileSync)|cross-spawn(\.(spawn|sync))?|execa(\.(execa|execaSync|sync|default))?|child-process-promise\.(spawn|execFile)|promisify-child-process\.(spawn|execFile))$/;
const files = /^fs\.(promises\.)?(readFile|createReadStream|createWriteStream|writeFile|appendFile|unlink|rm|rmdir|readdir|open|opendir|mkdir|copyFile|rename|link|symlink|truncate|remove|outputFile|outputJson|readJson|readJSON|writeJson|writeJSON|copy|move|emptyDir|ensureFile|ensureDir|chmod|chown|cp|stat|lstat|exists|access)(Sync)?$/;
const onlyLooks = /^fs\.(promises\.)?(stat|lstat|exists|access)(Sync)?$/;
const evaluators = /^(eval|Function|execScript|vm\.(runInThisContext|runInNewContext|runInContext|Script|compileFunction|SourceTextModule)|vm2\.(VM|NodeVM)\(\)\.run|safe-eval|notevil|static-eval|eval|node-eval|require-from-string|_eval)$/;

/** Whether what a call of a library gets can do harm there. */
export function checkSink(run: Run, call: Call, name: string, state: State): void {
  const [head = unknown] = call.given;
  if (shellCommands.test(name)) return checkCommand(run, call, head, state);
  if (programs.test(name)) return checkProgram(run, call, name, state);
  if (files.test(name)) {
    if (onlyLooks.test(name)) return;
    for (const value of /(copyFile|rename|link|symlink|copy|move|cp)(Sync)?$/.test(name) ? call.given.slice(0, 2) : [head]) checkPath(run, call, value, name, state);
    return;
  }
  if (evaluators.test(name)) {
    // `Function` gets its parameters and its body, each as a text.
    const values = /Function$/.test(name) ? call.given : [head];
    for (const value of values) checkCode(run, call, value, name, state);
    return;
  }
  if (name === 'setTimeout' || name === 'setInterval' || name === 'setImmediate') {
    if (harmful(head.taint, harm.code, state).some((mark) => (mark.shape & shape.composed) !== 0)) checkCode(run, call, head, name, state);
    return;
  }
  if (name === 'RegExp') checkPattern(run, call, head, state);
  if (name === 'Reflect.set' && head.prototype === true) report(run, call, 'prototype-pollution', 'assignment-by-key', 'high', 'A key from outside is set on an object that another such key led to. Refuse "__proto__", "constructor" and "prototype".');
}

/** Methods by which a response sends a file, and `require` of what is not known. */
export function checkSinkMethod(run: Run, call: Call, target: Value, state: State): void {
  const [head = unknown] = call.given;
  if (/^(sendFile|sendfile|download)$/.test(call.name) && call.object !== undefined && !hasRoot(call)) checkPath(run, call, head, `response.${call.name}`, state);
  if (call.name === 'require' && call.object === undefined && harmful(head.taint, harm.code | harm.path, state).some((mark) => (mark.from & from.remote) !== 0)) {
    report(run, call, 'code-injection', 'load-by-name', 'critical', 'Which module is loaded is decided from outside. Choose it from a list of names.');
  }
  void target;
}

/** `{ root }` keeps a file below it. */
function hasRoot(call: Call): boolean {
  return call.given.slice(1).some((value) => value.refs.some((ref) => ref.type === 'object' && ref.properties.has('root')));
}

function checkCommand(run: Run, call: Call, command: Value, state: State): void {
  const marks = harmful(joinTaint(command.taint, command.refs.length > 0 ? spread(command, 1) : noTaint), harm.command, state);
  const isHarmful = marks.some((mark) => (mark.from & from.remote) !== 0 || ((mark.from & (from.parameter | from.arguments)) !== 0 && (mark.shape & (shape.composed | shape.after)) !== 0));
  if (isHarmful) report(run, call, 'command-injection', 'shell-command', severityOf(marks), 'A shell reads this command, and part of it comes from outside. Give the program and its arguments as a list, to execFile or spawn, without a shell.');
}

function checkProgram(run: Run, call: Call, name: string, state: State): void {
  const [program = unknown, list] = call.given;
  const options = call.given.slice(1).find((value) => value.refs.some((ref) => ref.type === 'object' && ref.is === 'object'));
  const usesShell = options?.refs.some((ref) => ref.type === 'object' && isOn(ref.properties.get('shell'), call)) ?? false;
  const isShell = program.text !== undefined && /^(.*[\\/])?(ba|z|da|k)?sh$|^(.*[\\/])?(cmd|powershell|pwsh)(\.exe)?$/i.test(program.text);
  const given = list === undefined || list === options ? unknown : list;
  const all: Value = { taint: joinTaint(program.taint, spread(given, 2)), refs: [] };
  if (usesShell || (isShell && runsText(given))) {
    const composed: Taint = usesShell ? new Map([...all.taint].map(([origin, mark]) => [origin, { ...mark, shape: mark.shape | (given === unknown ? 0 : shape.composed) }])) : all.taint;
    checkCommand(run, call, { taint: composed, refs: [] }, state);
    return;
  }
  if (harmful(program.taint, harm.command, state).some((mark) => (mark.from & from.remote) !== 0)) report(run, call, 'command-injection', 'program-by-name', 'critical', 'Which program runs is decided from outside. Choose it from a list of names.');
  void name;
}

/** `-c` and `/c`: what follows is a command. */
function runsText(list: Value): boolean {
  return list.refs.some((ref) => ref.type === 'object' && [...ref.properties.values(), ref.rest].some((value) => value.text !== undefined && /^-\w*c$|^\/[cskCSK]$|^-command$|^-EncodedCommand$/i.test(value.text)));
}

function isOn(value: Value | undefined, call: Call): boolean {
  if (value === undefined) return false;
  if (value.text !== undefined) return value.text !== 'false' && value.text !== '';
  const node = call.nodes.find((one) => one.type === 'ObjectExpression');
  const property = (node?.['properties'] as readonly { readonly [key: string]: unknown }[] | undefined)?.find((one) => isNode(one['key']) && one['key']['name'] === 'shell');
  // `process.platform === 'win32'`: on some systems it is.
  return property === undefined || !isNode(property['value']) || property['value'].type !== 'BooleanLiteral' || property['value']['value'] === true;
}

function checkPath(run: Run, call: Call, path: Value, name: string, state: State): void {
  const marks = harmful(path.taint, harm.path, state);
  const isHarmful = marks.some((mark) => {
    if ((mark.from & from.remote) !== 0) return true;
    if ((mark.from & from.archive) !== 0) return (mark.shape & shape.after) !== 0;
    return (mark.from & from.parameter) !== 0 && (mark.shape & shape.after) !== 0 && (mark.shape & shape.weakBase) === 0;
  });
  if (isHarmful) report(run, call, 'path-traversal', 'file-path', severityOf(marks, 'high'), `The path that ${name.replace('fs.promises.', 'fs.')} gets is made with a part from outside, which may hold "..": resolve it and check that it stays below its folder, or take its base name.`);
}

function checkCode(run: Run, call: Call, code: Value, name: string, state: State): void {
  const marks = harmful(code.taint, harm.code, state);
  const isHarmful = marks.some((mark) => (mark.from & from.remote) !== 0 || ((mark.from & (from.parameter | from.arguments)) !== 0 && (!name.startsWith('vm.') || (mark.shape & shape.composed) !== 0)));
  if (isHarmful) report(run, call, 'code-injection', 'evaluated-text', severityOf(marks), `${name} runs a text as code, and part of it comes from outside. Read it as data, or choose from functions by name.`);
}

function checkPattern(run: Run, call: Call, pattern: Value, state: State): void {
  const marks = harmful(pattern.taint, harm.pattern, state);
  if (marks.some((mark) => (mark.from & from.remote) !== 0)) report(run, call, 'redos', 'pattern-from-outside', 'medium', 'This regular expression is made from a text from outside, which can make it run for ever. Escape the text first.');
}

/** A regular expression on a text from outside: whether a long text makes it run for minutes. */
export function checkExpression(run: Run, call: Call, regex: RegexRef | undefined, text: Value, state: State): void {
  if (regex === undefined || text.taint.size === 0) return;
  const marks = [...text.taint].filter(([origin, mark]) => ((mark.safe | state.checkedFor(origin)) & harm.input) === 0 && (mark.from & (from.remote | from.parameter)) !== 0);
  if (marks.length === 0) return;
  const isRemote = marks.some(([, mark]) => (mark.from & from.remote) !== 0);
  const judged = judgeExpression(regex.source, regex.flags);
  if (judged.status === 'linear' || (judged.status === 'restart' && !isRemote)) return;
  report(run, call, 'redos', judged.status === 'exponential' ? 'exponential-expression' : 'polynomial-expression', judged.status === 'exponential' ? 'high' : 'medium', `/${regex.source.slice(0, 80)}/ takes ${judged.status === 'exponential' ? 'exponential' : 'quadratic or longer'} time on a text from outside such as many times ${JSON.stringify(judged.pump)}. Make its parts exclude each other, or bound the length of the text.`);
}

function harmful(taint: Taint, bit: number, state: State): readonly Mark[] {
  return [...taint].filter(([origin, mark]) => ((mark.safe | state.checkedFor(origin)) & bit) !== bit && (mark.from & ~from.request) !== 0).map(([, mark]) => mark);
}

function severityOf(marks: readonly Mark[], remote: Problem['severity'] = 'critical'): Problem['severity'] {
  return marks.some((mark) => (mark.from & from.remote) !== 0) ? remote : remote === 'critical' ? 'high' : 'medium';
}

function report(run: Run, call: Call, category: Problem['category'], rule: string, severity: Problem['severity'], message: string): void {
  run.report({ category, rule, severity, message, sink: call.name }, call.node);
}

