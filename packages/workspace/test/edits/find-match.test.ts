import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../src/edits/apply-edits.ts';
import { findMatch } from '../../src/edits/find-match.ts';

function edit(text: string, old: string, fresh: string, all = false): string {
  const result = applyEdits('file.ts', text, [{ old, new: fresh, all }]);
  return result.status === 'applied' ? result.text : result.code;
}

describe('an exact edit', () => {
  it('replaces the one place where old stands', () => {
    expect(edit('a\nb\nc\n', 'b', 'x')).toBe('a\nx\nc\n');
    expect(edit('a\nb\nc\n', 'b\n', '')).toBe('a\nc\n');
  });

  it('is refused where old stands twice, unless all is asked for', () => {
    expect(edit('a b a', 'a', 'x')).toBe('ambiguous');
    expect(edit('a b a', 'a', 'x', true)).toBe('x b x');
  });

  it('is refused where old stands at two places that share a part of it', () => {
    expect(edit('}\n}\n}\n', '}\n}', '}')).toBe('ambiguous');
    expect(edit('ab\r\nab\r\nab\r\n', 'ab\nab\n', 'x\n')).toBe('ambiguous');
    expect(edit('aaaa', 'aa', 'b', true)).toBe('bb');
    expect(edit('x'.repeat(2_000_000), 'x'.repeat(1_000_000), 'y')).toBe('ambiguous');
  });

  it('does not take a looser match where an exact one is ambiguous', () => {
    expect(edit('f(a)\ng(b)\nf(a)\ng(b)\n  f(a)\n  g(b)\n', 'f(a)\ng(b)\n', 'x\n')).toBe('ambiguous');
  });

  it('writes the line ends of a file that has only CRLF', () => {
    expect(edit('a\r\nb\r\n', 'b', 'x\ny')).toBe('a\r\nx\r\ny\r\n');
  });
});

describe('a looser edit', () => {
  it('needs two lines that are not blank', () => {
    expect(edit('  a \n', ' a\n', 'x\n')).toBe('not_found');
    expect(edit('a  \n\nb\n', 'a\n\nb\n', 'x\n')).toBe('x\n');
  });

  it('bridges line ends and keeps those of the file', () => {
    expect(edit('one\r\ntwo\r\nthree\n', 'one\ntwo\n', 'one\n2\n')).toBe('one\r\n2\r\nthree\n');
    expect(edit('one\ntwo\n', 'one\r\ntwo\r\n', '1\r\n2\r\n')).toBe('1\n2\n');
  });

  it('bridges trailing blanks, and keeps them in lines that stay', () => {
    expect(edit('if (a) {  \n  b();\t\n}\n', 'if (a) {\n  b();\n}\n', 'if (a) {\n  c();\n}\n')).toBe('if (a) {  \n  c();\n}\n');
  });

  it('bridges one shift of the indent, and shifts the new lines too', () => {
    expect(
      edit('class A {\n    f() {\n      return 1;\n    }\n}\n', 'f() {\n  return 1;\n}', 'f() {\n  if (x) {\n    return 2;\n  }\n}'),
    ).toBe('class A {\n    f() {\n      if (x) {\n        return 2;\n      }\n    }\n}\n');
    expect(edit('f() {\n  return 1;\n}\n', '\tf() {\n\t  return 1;\n\t}\n', '\tf() {\n\t  return 2;\n\t}\n')).toBe(
      'f() {\n  return 2;\n}\n',
    );
  });

  it('does not bridge a shift that differs between lines, or one that the new lines cannot follow', () => {
    expect(edit('  a();\n    b();\n', 'a();\nb();\n', 'x\n')).toBe('not_found');
    expect(edit('a();\nb();\n', '  a();\n  b();\n', 'no indent\n')).toBe('not_found');
  });

  it('bridges Unicode punctuation, and keeps it in lines that stay', () => {
    expect(edit('say(“hi”);\nstop();\n', 'say("hi");\nstop();\n', 'say("hi");\ngo();\n')).toBe('say(“hi”);\ngo();\n');
  });

  it('is refused where it would fit twice', () => {
    expect(edit('a \nb\n-\na\t\nb\n', 'a\nb\n', 'x\n')).toBe('ambiguous');
  });

  it('keeps a byte order mark', () => {
    expect(edit('\uFEFFa \nb\n', 'a\nb\n', 'x\ny\n')).toBe('\uFEFFx\ny\n');
  });

  it('does not take long where everything is alike', () => {
    expect(edit('x\n'.repeat(100_000), 'x \n'.repeat(2_000), 'y\n')).toBe('ambiguous');
  });

  it('is said to the caller', () => {
    expect(applyEdits('f', 'a \nb\n', [{ old: 'a\nb\n', new: 'x\n', all: false }])).toMatchObject({
      notes: ['The edit matched but for its trailing blanks.'],
    });
  });
});

describe('what does not match', () => {
  it('is never applied by likeness: a changed line in the middle is refused', () => {
    const file = 'function f() {\n  const a = 1;\n  const b = 2;\n  return a + b;\n}\n';
    expect(edit(file, 'function f() {\n  const a = 1;\n  const b = 3;\n  return a + b;\n}\n', 'x')).toBe('not_found');
    expect(edit(file, 'function f() {\n  return a + b;\n}\n', 'x')).toBe('not_found');
  });

  it('is explained with the closest lines and their numbers', () => {
    const result = applyEdits('f.ts', 'one();\ntwo(1);\nthree();\n', [{ old: 'two(2);\nthree();\n', new: '', all: false }]);
    expect(result).toMatchObject({
      status: 'refused',
      code: 'not_found',
      message: expect.stringMatching(/Nothing was written to f\.ts.*2\ttwo\(1\);\n3\tthree\(\);/s),
    });
  });

  it('is explained by its new text when that is there already', () => {
    expect(applyEdits('f.ts', 'a\nnew line\n', [{ old: 'old line', new: 'new line', all: false }])).toMatchObject({
      message: expect.stringContaining('already stands at line 2'),
    });
  });

  it('stops the edits that would match: all or none', () => {
    const result = applyEdits('f.ts', 'a\nb\n', [
      { old: 'a', new: 'x', all: false },
      { old: 'missing', new: 'y', all: false },
    ]);
    expect(result).toMatchObject({ status: 'refused', message: expect.stringMatching(/1 of 2 edits would have matched.*Edit 2 of 2/s) });
  });

  it('is an edit that changes nothing', () => {
    expect(edit('a\n', 'a', 'a')).toBe('no_change');
    expect(
      applyEdits('f', 'a b', [
        { old: 'a', new: 'b', all: false },
        { old: 'b b', new: 'a b', all: false },
      ]),
    ).toMatchObject({ code: 'no_change' });
  });
});

describe('for any file', () => {
  const line = fc.stringMatching(/^ {0,4}[a-f]{1,4}[ \t]{0,2}$/);
  const lines = fc.array(line, { minLength: 1, maxLength: 12 });

  it('a found edit changes nothing before its start and after its end', () => {
    fc.assert(
      fc.property(lines, lines, lines, fc.constantFrom('\n', '\r\n'), (file, old, fresh, end) => {
        const text = file.join(end) + end;
        const answer = findMatch(text, { old: old.join('\n'), new: fresh.join('\n'), all: false });
        if (answer.status !== 'found') return;
        const [match] = answer.matches;
        const result = applyEdits('f', text, [{ old: old.join('\n'), new: fresh.join('\n'), all: false }]);
        if (match === undefined || result.status !== 'applied') return;
        expect(result.text).toBe(text.slice(0, match.start) + match.replacement + text.slice(match.end));
        const blank = (part: string): string => part.replaceAll(/[ \t\r]/g, '');
        expect(blank(text.slice(match.start, match.end))).toBe(blank(old.join('\n')));
      }),
    );
  });

  it('a part that stands once and is copied with other line ends, blanks or indent is found where it stands', () => {
    const change = fc.constantFrom<(text: string) => string>(
      (text) => text,
      (text) => text.replaceAll('\n', '\r\n'),
      (text) => text.replaceAll(/^/gm, '  '),
      (text) => text.replaceAll(/[ \t]*\n/g, '\n'),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^ {0,4}[a-f]{3,6};[ \t]{0,2}$/), {
          minLength: 4,
          maxLength: 12,
          selector: (text) => text.trim(),
        }),
        fc.nat(),
        change,
        (file, seed, perturb) => {
          const first = seed % (file.length - 2);
          const wanted = file.slice(first, first + 3);
          const answer = findMatch(`${file.join('\n')}\n`, { old: `${perturb(wanted.join('\n'))}\n`, new: '  X\n', all: false });
          const start = file.slice(0, first).reduce((sum, text) => sum + text.length + 1, 0);
          expect(answer).toMatchObject({ status: 'found', matches: [{ start }] });
        },
      ),
    );
  });

  it('an exact edit is the same as replacing the string', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), fc.string(), (before, old, fresh, after) => {
        const text = before + old + after;
        fc.pre(text.indexOf(old) === text.lastIndexOf(old) && old !== fresh && !text.includes('\r'));
        expect(edit(text, old, fresh)).toBe(before + fresh + after);
      }),
    );
  });

  it('a stale part is never applied', () => {
    fc.assert(
      fc.property(lines, fc.nat(), (file, seed) => {
        const stale = file.map((text, index) => (index === seed % file.length ? 'zzzz' : text));
        expect(edit(`${file.join('\n')}\n`, `${stale.join('\n')}\n`, 'X\n')).toBe('not_found');
      }),
    );
  });
});
