import { describe, expect, it } from 'vitest';
import type { Duty, Kind, Wire } from './misbehaving-model.ts';
import { misbehavingModels } from './table.ts';

describe('the table of misbehaving models', () => {
  it('has at least sixty rows, each with an id of its own, of every kind, on every wire and in every duty', () => {
    const kinds: readonly Kind[] = ['garbage', 'unknown-tools', 'wrong-arguments', 'endless-calls', 'back-and-forth', 'empty-answers', 'refusals', 'claims', 'tests', 'outside', 'huge', 'injection', 'cut-streams', 'parallel-calls'];
    const wires: readonly Wire[] = ['openai-chat', 'openai-responses', 'anthropic', 'google', 'google-genai'];
    const duties: readonly Duty[] = ['planning', 'analysis', 'design', 'design-review', 'implementation', 'change-review'];
    expect(misbehavingModels.length).toBeGreaterThanOrEqual(60);
    expect(new Set(misbehavingModels.map(({ id }) => id)).size).toBe(misbehavingModels.length);
    expect(kinds.filter((kind) => !misbehavingModels.some((row) => row.kind === kind && row.cli === true))).toEqual([]);
    expect(wires.filter((wire) => misbehavingModels.filter((row) => row.wire === wire).length < 10)).toEqual([]);
    expect(duties.filter((duty) => !misbehavingModels.some((row) => row.play[duty] !== undefined))).toEqual([]);
  });
});
