import { expect, it } from 'vitest';
import { findPlaceholder } from '../../src/tools/placeholder.ts';

it.each([
  '// ... rest of the code',
  '// ... existing code ...',
  '# ... rest of the function unchanged',
  '/* … existing implementation … */',
  '<!-- ... rest of file ... -->',
  '  // rest of the code remains the same',
  '// existing code here',
  '{/* ... other methods */}',
  '# (... unchanged ...)',
  '// Rest of the implementation unchanged.',
])('finds %s', (line) => {
  expect(findPlaceholder(`const a = 1;\n${line}\n`, '')).toEqual({ line: 2, text: line.trim() });
});

it.each([
  '// The rest of the code reads one line at a time.',
  'const rest = [...others];',
  '# existing code paths are tested in test_a.py',
  '// wait for the remaining tests to end',
  'console.log("... rest of the code");',
  '// see above ...',
  '* @param rest the rest of the lines',
])('takes %s for a real line', (line) => {
  expect(findPlaceholder(line, '')).toBeUndefined();
});

it('leaves lines that stood there before', () => {
  expect(findPlaceholder('// ... existing code ...', '  // ... existing code ...\n')).toBeUndefined();
});
