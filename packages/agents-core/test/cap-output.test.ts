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
    const refusal = { ok: false, code: 'too_large', text: expect.stringContaining('at most 32000'), truncated: { shown: 0, total: expect.any(Number), unit: 'characters' } };
    expect(capped(['x'.repeat(40_000)])).toEqual(refusal);
    expect(capped({ ok: true, text: 'short', meta: { all: 'x'.repeat(40_000) } })).toEqual(refusal);
  });

  it('keep what the tool itself said about missing parts', () => {
    const truncated = { shown: 50_000, total: 90_000, unit: 'characters', ref: 'output://1' };
    expect(capped({ ok: true, text: 'x'.repeat(50_000), truncated }).truncated).toEqual(truncated);
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
