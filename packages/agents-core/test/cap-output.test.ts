import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capOutputs } from '../src/cap-output.ts';
import { createKeptOutputs } from '../src/index.ts';
import type { ToolOutput } from '../src/index.ts';

const capped = (output: unknown): ToolOutput => capOutputs([output as never])[0] as unknown as ToolOutput;

describe('outputs of one turn', () => {
  it('are left alone when they are small', () => {
    const outputs = [{ ok: true, text: 'x' }, 'word', null, [1]];
    expect(capOutputs(outputs)).toEqual(outputs);
  });

  it('are only named when there is no text to cut', () => {
    const refusal = { ok: false, code: 'too_large', text: expect.stringContaining('at most 16000'), truncated: { shown: 0, total: expect.any(Number), unit: 'characters' } };
    expect(capped(['x'.repeat(40_000)])).toEqual(refusal);
    expect(capped({ ok: true, text: 'short', meta: { all: 'x'.repeat(40_000) } })).toEqual(refusal);
  });

  it('count anew what the tool itself has cut, and keep its last lines, which say where there is more', () => {
    const store = createKeptOutputs();
    const text = `${'x'.repeat(50_000)}\n[Lines 1 to 9 of 90. Call read_file with start 10 for more.]`;
    const [output] = capOutputs([{ ok: true, text, truncated: { shown: 9, total: 90, unit: 'lines', ref: 'output://1' } }], store) as unknown as ToolOutput[];
    expect(output?.truncated).toEqual({ shown: 15_700, total: text.length, unit: 'characters', ref: expect.stringMatching(/^output:/) });
    expect(output?.text).toContain('start 10 for more');
  });

  it('are whole up to 16,000 characters of text, those of read_file up to 32,000, whatever stands beside or has to be escaped', () => {
    const line = '\t"quoted"\n';
    const of = (length: number): unknown => ({ ok: true, text: line.repeat(length / line.length + 1).slice(0, length), meta: { start: 1, end: 900 } });
    for (const [tool, length] of [['search', 16_000], ['read_file', 32_000]] as const) {
      const [whole, cut] = [capOutputs([of(length) as never], undefined, [tool])[0], capOutputs([of(length + 1) as never], undefined, [tool])[0]];
      expect(whole).toEqual(of(length));
      expect((cut as unknown as ToolOutput).text.length).toBeLessThanOrEqual(length);
    }
  });

  it('have 60,000 characters together: small ones stay whole, large ones have the same', () => {
    const outputs = [...Array.from({ length: 16 }, () => ({ ok: true, text: 'x'.repeat(30_000) })), ...Array.from({ length: 16 }, () => ({ ok: true, text: 'y'.repeat(1_000) }))];
    const texts = (capOutputs(outputs, createKeptOutputs(), outputs.map(() => 'read_file')) as unknown as ToolOutput[]).map(({ text }) => text);
    expect(texts.join('').length).toBeLessThanOrEqual(60_000);
    expect(texts.slice(16)).toEqual(outputs.slice(16).map(({ text }) => text));
    expect(new Set(texts.slice(0, 16)).size).toBe(1);
    expect(texts[0]?.length).toBeGreaterThan(2_400);
  });

  it('lose no character silently and split none', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 3 }), (unit, shift) => {
      const text = 'a'.repeat(shift) + unit.repeat(Math.ceil(40_000 / unit.length));
      const output = capped({ ok: true, text });
      const omitted = Number(/\[… (\d+) of/.exec(output.text)?.[1]);
      expect(omitted + (output.truncated?.shown ?? 0)).toBe(text.length);
      expect(output.truncated?.total).toBe(text.length);
      expect(output.text.isWellFormed()).toBe(true);
    }), { numRuns: 50 });
  });

  it('give back every byte by their reference, in valid UTF-8', () => {
    const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('\ud83d', '\ude00x', '👩‍👩‍👧', '\r\n', '\u202e'));
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 30 }), (parts) => {
      const store = createKeptOutputs();
      const text = `${parts.join('')}.`.repeat(Math.ceil(40_000 / (parts.join('').length + 1)));
      const [output] = capOutputs([{ ok: true, text }], store) as unknown as ToolOutput[];
      const whole = text.toWellFormed();
      const kept = store.read(output?.truncated?.ref ?? '');
      expect(kept).toBe(whole);
      expect(output?.truncated?.ref).toBe(`output://${createHash('sha256').update(Buffer.from(whole, 'utf8')).digest('hex')}`);
      const omitted = Number(/\[… (\d+) of/.exec(output?.text ?? '')?.[1]);
      expect(omitted + (output?.truncated?.shown ?? 0)).toBe(whole.length);
      expect(output?.text.isWellFormed()).toBe(true);
    }), { numRuns: 50 });
  });

  it('that are no text are kept whole as JSON', () => {
    const store = createKeptOutputs();
    const value = ['x'.repeat(40_000)];
    const [output] = capOutputs([value], store) as unknown as ToolOutput[];
    expect(JSON.parse(store.read(output?.truncated?.ref ?? '') ?? '')).toEqual(value);
  });
});
