import { call, calls, failed, stuck, text } from './misbehaving-model.ts';
import type { Answer, MisbehavingModel } from './misbehaving-model.ts';
import { brokenCode } from './project.ts';

const finish = call('finish', { summary: 'It is done.', criteria: [{ id: 'c1', status: 'met', evidence: [] }] });
const read = (path: string): Answer => call('read_file', { path });
const same = { name: 'read_file', arguments: { path: 'src/sum.js' } };

/** Models that call what is not there, or wrongly, or without end, or many at once. */
export const calling: readonly MisbehavingModel[] = [
  // Unknown tools.
  { id: 'unknown-shell', kind: 'unknown-tools', wire: 'openai-chat', does: 'calls a shell that it was never offered', play: { planning: [call('bash', { command: 'ls -la' })] }, ends: stuck(/S6/), maxRequests: 4, cli: true },
  { id: 'unknown-of-its-training', kind: 'unknown-tools', wire: 'anthropic', does: 'calls the editor that it was trained with', play: { implementation: [call('str_replace_based_edit_tool', { command: 'view', path: '/repo' })] }, ends: stuck(/S6/), maxRequests: 12 },
  { id: 'unknown-of-another-role', kind: 'unknown-tools', wire: 'google-genai', does: 'approves its own design instead of handing one in', play: { design: [call('submit_review', { approved: true, findings: [] })] }, ends: stuck(/S6/), maxRequests: 6 },
  { id: 'unknown-writes-as-reviewer', kind: 'unknown-tools', wire: 'openai-responses', does: 'writes files while it should review', play: { 'design-review': [call('write_file', { path: 'src/sum.js', content: brokenCode, replace: true })] }, ends: stuck(/S6/), maxRequests: 10 },
  { id: 'unknown-hostile-names', kind: 'unknown-tools', wire: 'openai-chat', does: 'calls tools named __proto__, ../../bin/sh and 300 letters', play: { implementation: [calls({ name: '__proto__' }, { name: '../../bin/sh', arguments: { c: 'id' } }, { name: 'x'.repeat(300) }, { name: 'constructor' })] }, ends: stuck(/S6/), maxRequests: 12 },
  { id: 'unknown-in-text', kind: 'unknown-tools', wire: 'google', does: 'writes its calls as markup into the text', play: { implementation: [text('<tool_call>{"name": "write_file", "arguments": {"path": "src/sum.js"}}</tool_call>')] }, ends: stuck(/S6/), maxRequests: 12 },

  // Wrong arguments.
  { id: 'wrong-no-criteria', kind: 'wrong-arguments', wire: 'openai-chat', does: 'hands in requirements without a criterion', play: { planning: [call('submit_requirements', { criteria: [] })] }, ends: stuck(), maxRequests: 6, cli: true },
  { id: 'wrong-types', kind: 'wrong-arguments', wire: 'google', does: 'gives numbers and nothing for texts', play: { analysis: [call('submit_analysis', { summary: 7, changes: 'none', risks: null })] }, ends: stuck(), maxRequests: 8 },
  { id: 'wrong-not-an-object', kind: 'wrong-arguments', wire: 'anthropic', does: 'gives a list as the arguments of its design', play: { design: [call('submit_design', ['summary', 'the smallest change'])] }, ends: stuck(), maxRequests: 8 },
  { id: 'wrong-proto', kind: 'wrong-arguments', wire: 'openai-responses', does: 'puts __proto__ and constructor into the arguments', play: { implementation: [call('read_file', '{"path": "src/sum.js", "__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}')] }, ends: stuck(), maxRequests: 12 },
  { id: 'wrong-field', kind: 'wrong-arguments', wire: 'anthropic', does: 'calls read_file with a field that does not exist', play: { implementation: [call('read_file', { file: 7 })] }, ends: stuck(), maxRequests: 12 },
  { id: 'wrong-foreign-ids', kind: 'wrong-arguments', wire: 'google-genai', does: 'reports on criteria that nobody set', play: { implementation: [call('finish', { summary: 'Done.', criteria: [{ id: 'REQ-42', status: 'met', evidence: [] }] })] }, ends: stuck(), maxRequests: 13 },
  { id: 'wrong-severity', kind: 'wrong-arguments', wire: 'openai-chat', does: 'reviews with a severity of its own', play: { 'design-review': [call('submit_review', { approved: false, findings: [{ severity: 'apocalyptic', message: 'All is lost.' }] })] }, ends: stuck(), maxRequests: 12 },
  { id: 'wrong-limits', kind: 'wrong-arguments', wire: 'openai-responses', does: 'asks for a command of minus one and of a billion seconds', play: { implementation: ({ turn }) => call('run', { command: 'true', timeout_s: turn % 2 === 0 ? -1 : 1_000_000_000 }) }, ends: stuck(), maxRequests: 12 },

  // Calls without end.
  { id: 'endless-same-read', kind: 'endless-calls', wire: 'openai-chat', does: 'reads one file again and again', play: { planning: [read('src/sum.js')] }, ends: stuck(/S1/), maxRequests: 5, cli: true },
  { id: 'endless-two-reads', kind: 'endless-calls', wire: 'google', does: 'reads two files in turn', play: { design: ({ turn }) => read(turn % 2 === 0 ? 'src/sum.js' : 'README.md') }, ends: stuck(/S[13]/), maxRequests: 10 },
  { id: 'endless-new-searches', kind: 'endless-calls', wire: 'openai-responses', does: 'searches for something else each time', play: { analysis: ({ turn }) => call('search', { pattern: `never-there-${turn}` }) }, ends: failed('FW_LOOP_TURNS'), maxRequests: 42 },
  { id: 'endless-same-tests', kind: 'endless-calls', wire: 'anthropic', does: 'runs the tests again and again without a change', play: { implementation: [call('run_tests', { scope: 'all' })] }, ends: stuck(/S1/), maxRequests: 14 },
  { id: 'endless-missing-file', kind: 'endless-calls', wire: 'google-genai', does: 'reads a file that is not there', play: { 'design-review': [read('src/total.js')] }, ends: stuck(/S[12]/), maxRequests: 12 },
  { id: 'endless-sleep', kind: 'endless-calls', wire: 'openai-chat', does: 'waits for a command that never ends', play: { implementation: [call('run', { command: 'sleep 3600', timeout_s: 1 })] }, ends: stuck(), maxRequests: 20 },
  { id: 'endless-budget', kind: 'endless-calls', wire: 'anthropic', does: 'goes on until its budget is spent', play: { implementation: ({ turn }) => call('search', { pattern: `never-there-${turn}` }) }, budget: { tokens: 60_000 }, ends: { status: 'waiting', exitCode: 5, code: 'FW_MODEL_BUDGET' }, maxRequests: 60, cli: true },
  { id: 'endless-background', kind: 'endless-calls', wire: 'google', does: 'leaves processes behind that go on by themselves', play: { implementation: ({ turn }) => (turn === 0 ? call('run', { command: '(exec -a {mark} setsid nohup sleep 3607) >/dev/null 2>&1 & (trap "" TERM HUP; exec -a {mark} sleep 3607 & disown) ; echo started' }) : finish) }, ends: failed('FW_WORKFLOW_CYCLE', { says: /No file was changed/ }), maxRequests: 16 },
  { id: 'endless-revisions', kind: 'endless-calls', wire: 'openai-responses', does: 'makes another wrong change in each revision, for ever', play: { implementation: ({ turn, visit }) => (turn === 0 ? call('write_file', { path: 'src/sum.js', content: `export function sum() {\n  return ${-visit};\n}\n`, replace: true }) : finish) }, ends: failed('FW_WORKFLOW_STUCK', { gate: 'tests' }), maxRequests: 40 },
  { id: 'endless-design-reviews', kind: 'endless-calls', wire: 'anthropic', does: 'finds another reason against every design', play: { 'design-review': ({ visit }) => call('submit_review', { approved: false, findings: [{ severity: 'high', category: 'design', message: `Reason number ${visit}.` }] }) }, ends: failed('FW_WORKFLOW_STUCK', { says: /design/ }), maxRequests: 30 },

  // Many calls at once.
  { id: 'parallel-same-ids', kind: 'parallel-calls', wire: 'openai-chat', does: 'gives three calls of one turn the same id, and the same in every turn', play: { implementation: [calls({ ...same, id: 'call_1' }, { name: 'read_file', id: 'call_1', arguments: { path: 'README.md' } }, { name: 'no_such_tool', id: 'call_1' })] }, ends: stuck(), maxRequests: 12, cli: true },
  { id: 'parallel-without-ids', kind: 'parallel-calls', wire: 'google', does: 'gives its calls no ids', play: { implementation: [calls({ ...same, id: '' }, { ...same, id: '' }, { name: 'list_files', id: '', arguments: { path: '.' } })] }, ends: stuck(), maxRequests: 14 },
  { id: 'parallel-beside-finish', kind: 'parallel-calls', wire: 'anthropic', does: 'finishes between two reads of one turn', play: { implementation: [calls(same, finish.toolCalls![0]!, { name: 'read_file', arguments: { path: 'README.md' } })] }, ends: failed('FW_WORKFLOW_CYCLE', { says: /No file was changed/ }), maxRequests: 14 },
  { id: 'parallel-two-ends', kind: 'parallel-calls', wire: 'openai-responses', does: 'hands in two analyses that contradict each other, both unusable', play: { analysis: [calls({ name: 'submit_analysis', arguments: { summary: '' } }, { name: 'submit_analysis', arguments: {} })] }, ends: stuck(), maxRequests: 6 },
  { id: 'parallel-after-failed-write', kind: 'parallel-calls', wire: 'openai-responses', does: 'writes on after a write of the same turn failed', play: { implementation: [calls({ name: 'write_file', arguments: { path: '../out.js', content: 'x' } }, { name: 'write_file', arguments: { path: 'b.js', content: 'export const b = 1;\n' } }, same)] }, ends: stuck(), maxRequests: 12 },
  { id: 'parallel-two-hundred', kind: 'parallel-calls', wire: 'anthropic', does: 'reads one file two hundred times in one turn', play: { planning: [calls(...Array.from({ length: 200 }, () => same))] }, ends: stuck(), maxRequests: 6 },
  { id: 'parallel-cut-at-length', kind: 'parallel-calls', wire: 'openai-chat', does: 'reaches its length limit in the second of two calls', play: { implementation: [{ ...calls(same, { name: 'write_file', arguments: '{"path": "src/sum.js", "content": "exp' }), finish: 'length' }] }, ends: stuck(), maxRequests: 14 },
];
