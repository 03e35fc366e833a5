import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyChunks } from '../../src/edits/apply-chunks.ts';
import { parsePatch } from '../../src/edits/parse-patch.ts';

function patch(text: string, ...body: readonly string[]): string {
  const parsed = parsePatch(['*** Begin Patch', '*** Update File: f', ...body, '*** End Patch'].join('\n'));
  if (parsed.status === 'invalid') return parsed.message;
  const part = parsed.parts[0];
  if (part?.type !== 'update') return 'no update';
  const result = applyChunks('f', text, part.chunks);
  return result.status === 'applied' ? result.text : result.code;
}

describe('a patch', () => {
  it('changes, adds and removes lines where its lines stand', () => {
    expect(patch('a\nb\nc\n', '@@', ' a', '-b', '+x', '+y', ' c')).toBe('a\nx\ny\nc\n');
    expect(patch('a\nb\nc\n', '-b')).toBe('a\nc\n');
    expect(patch('a\nb\nc\n', '@@', '-a', '+1', '@@', '-c', '+3')).toBe('1\nb\n3\n');
  });

  it('takes its changes in any order, each against the text as it was', () => {
    expect(patch('a\nb\n', '@@', '-b', '+a', '@@', '-a', '+b')).toBe('b\na\n');
  });

  it('needs whole lines', () => {
    expect(patch('abc\n', '-b', '+x')).toBe('not_found');
  });

  it('is refused where its lines stand twice', () => {
    expect(patch('a\nb\na\n', '-a', '+x')).toBe('ambiguous');
  });

  it('is narrowed by the line after @@ to the block below it', () => {
    const text = 'class A {\n  f() {\n    return 1;\n  }\n}\nclass B {\n  f() {\n    return 1;\n  }\n}\n';
    expect(patch(text, '@@ class B', '-    return 1;', '+    return 2;')).toBe(text.replace(/1(?=[^1]*$)/, '2'));
    expect(patch(text, '@@ class A {', '@@ f() {', '-    return 1;', '+    return 2;')).toBe(text.replace('1', '2'));
    expect(patch(text, '@@ class C {', '-    return 1;', '+    return 2;')).toBe('not_found');
  });

  it('does not take the same lines of another block when those of the named one have changed', () => {
    const text = 'class A {\n  f() {\n    return 9;\n  }\n}\nclass B {\n  f() {\n    return 1;\n  }\n}\n';
    expect(patch(text, '@@ class A {', '-    return 1;', '+    return 2;')).toBe('not_found');
    expect(patch(text, '@@ class A {', '   f() {', '-    return 1;', '+    return 2;')).toBe('not_found');
  });

  it('does not care about line numbers after @@', () => {
    expect(patch('a\nb\n', '@@ -7,1 +7,1 @@', '-b', '+x')).toBe('a\nx\n');
  });

  it('that only adds must say where', () => {
    expect(patch('a\n', '+x')).toBe('ambiguous');
    expect(patch('a\n', '+x', '*** End of File')).toBe('a\nx\n');
    expect(patch('', '+x')).toBe('x\n');
  });

  it('at the end of the file changes only the last lines', () => {
    expect(patch('a\nb\na\n', '-a', '+x', '*** End of File')).toBe('a\nb\nx\n');
  });

  it('keeps line ends, a missing last one, and a byte order mark', () => {
    expect(patch('a\r\nb\r\n', '-b', '+x', '+y')).toBe('a\r\nx\r\ny\r\n');
    expect(patch('a\nb', '-b', '+x')).toBe('a\nx');
    expect(patch('a\nb', ' b', '+c')).toBe('a\nb\nc');
    expect(patch('\uFEFFa\nb\n', '-a', '+x')).toBe('\uFEFFx\nb\n');
  });

  it('keeps the bytes of lines that stay', () => {
    expect(patch('a \nb\t\nc\n', ' a', '-b', '+x', ' c')).toBe('a \nx\nc\n');
  });

  it('is refused when two changes overlap, and when nothing changes', () => {
    expect(patch('a\nb\nc\n', '@@', ' a', '-b', '@@', '-b', ' c')).toBe('ambiguous');
    expect(patch('a\n', '-a', '+a')).toBe('no_change');
  });

  it('does not take long where everything is alike', () => {
    const text = '  x\n'.repeat(100_000);
    expect(patch(text, '@@ x', '@@ x', '-y', '+z')).toBe('ambiguous');
    expect(patch(text, ...Array.from({ length: 2_000 }, () => ' x'), '-y', '+z')).toBe('not_found');
    expect(patch(text, ...Array.from({ length: 2_000 }, () => ' x'), '-x', '+z')).toBe('ambiguous');
    const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}`);
    expect(patch(`${lines.join('\n')}\n`, ...lines.slice(0, 1_000).flatMap((line) => ['@@', ` ${line}`, '-missing']))).toBe('not_found');
  });

  it('of a thousand changes is applied at once', () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => `line ${index}`);
    const body = lines.flatMap((line, index) => (index % 3 === 0 ? ['@@', `-${line}`, `+${line}!`] : []));
    expect(patch(`${lines.join('\n')}\n`, ...body)).toBe(`${lines.map((line, index) => (index % 3 === 0 ? `${line}!` : line)).join('\n')}\n`);
  });
});

describe('the envelope', () => {
  const status = (...lines: readonly string[]): string => {
    const parsed = parsePatch(lines.join('\n'));
    return parsed.status === 'parsed' ? parsed.parts.map((part) => `${part.type} ${part.file}`).join() : `line ${parsed.line}`;
  };

  it('holds parts of all three kinds', () => {
    expect(status('*** Begin Patch', '*** Add File: a', '+1', '+', '', '*** Delete File: b', '*** Update File: c', '*** Move to: d', '@@', '-x', '*** End Patch', '')).toBe('add a,delete b,update c');
  });

  it('may stand in a here-document or a fence, with line ends of either kind', () => {
    expect(status("apply_patch <<'EOF'", '*** Begin Patch', '*** Delete File: b', '*** End Patch', 'EOF')).toBe('delete b');
    expect(status('```diff\r', '*** Begin Patch\r', '*** Delete File: b\r', '*** End Patch\r', '```')).toBe('delete b');
  });

  it.each([
    ['no beginning', ['*** Delete File: b', '*** End Patch'], 'line 1'],
    ['no end', ['*** Begin Patch', '*** Delete File: b'], 'line 2'],
    ['words before it', ['Here it is:', '*** Begin Patch', '*** Delete File: b', '*** End Patch'], 'line 1'],
    ['words after it', ['*** Begin Patch', '*** Delete File: b', '*** End Patch', 'and so on'], 'line 4'],
    ['no part', ['*** Begin Patch', '*** End Patch'], 'line 1'],
    ['an unknown part', ['*** Begin Patch', '*** Rename File: b', '*** End Patch'], 'line 2'],
    ['a line without a sign', ['*** Begin Patch', '*** Update File: b', '@@', '-x', 'y', '*** End Patch'], 'line 5'],
    ['an added file with other lines', ['*** Begin Patch', '*** Add File: b', '+x', 'y', '*** End Patch'], 'line 4'],
    ['no lines after @@', ['*** Begin Patch', '*** Update File: b', '@@ f', '*** End Patch'], 'line 3'],
    ['no name', ['*** Begin Patch', '*** Add File:  ', '+x', '*** End Patch'], 'line 2'],
  ])('with %s is refused at its line', (_what, lines, expected) => {
    expect(status(...lines)).toBe(expected);
  });

  it('never throws, whatever it is given', () => {
    const line = fc.oneof(fc.constantFrom('*** Begin Patch', '*** End Patch', '*** Add File: a', '*** Update File: b', '*** Move to: c', '@@', '@@ x', '*** End of File', '+a', '-b', ' c', ''), fc.string());
    fc.assert(fc.property(fc.array(line, { maxLength: 20 }), (lines) => void parsePatch(lines.join('\n'))));
    fc.assert(fc.property(fc.array(line, { maxLength: 20 }), fc.string(), (lines, text) => void patch(text, ...lines)));
  });
});

describe('for any file', () => {
  const file = fc.uniqueArray(fc.stringMatching(/^ {0,4}[a-f]{2,5}[ \t]{0,1}$/), { minLength: 3, maxLength: 14, selector: (line) => line.trim() });

  it('what turns one text into another by its lines does so', () => {
    fc.assert(
      fc.property(file, fc.array(fc.constantFrom('keep', 'remove', 'change', 'add'), { minLength: 3, maxLength: 14 }), fc.constantFrom('\n', '\r\n'), (lines, deeds, end) => {
        const body = lines.flatMap((line, index) => {
          const deed = deeds[index % deeds.length];
          if (deed === 'remove') return [`-${line}`];
          if (deed === 'change') return [`-${line}`, `+${line}X`];
          return deed === 'add' ? [` ${line}`, '+new'] : [` ${line}`];
        });
        const fresh = body.flatMap((line) => (line.startsWith('-') ? [] : [line.slice(1)]));
        fc.pre(body.some((line) => !line.startsWith(' ')));
        expect(patch(lines.map((line) => line + end).join(''), ...body)).toBe(fresh.map((line) => line + end).join(''));
      }),
    );
  });

  it('a change with a line that is not there never lands', () => {
    fc.assert(
      fc.property(file, fc.nat(), (lines, seed) => {
        const body = lines.map((line, index) => (index === seed % lines.length ? '-zzzz' : ` ${line}`));
        expect(patch(`${lines.join('\n')}\n`, ...body)).toBe('not_found');
      }),
    );
  });
});
