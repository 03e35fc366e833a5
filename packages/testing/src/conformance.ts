import type { Finding, TaskWorkspace } from '@fw/agents-core';
import { describe, expect, test } from 'vitest';
import { findingSchema } from './findings-results.ts';
import type { Validator } from './validator.ts';

export type { Finding, Severity, TaskWorkspace } from '@fw/agents-core';
export type { Validator, ValidatorInput } from './validator.ts';

/** A validator and a change in which it finds something. */
export interface ValidatorFixture {
  readonly validator: Validator;
  readonly workspace: TaskWorkspace;
  readonly base: string;
  readonly head: string;
}

/** Checks a validator against its contract. `create` is called once for each check. */
export function testValidator(name: string, create: () => Promise<ValidatorFixture>): void {
  describe(name, () => {
    const findings = async ({ validator, workspace, base, head }: ValidatorFixture): Promise<readonly Finding[]> => validator.validate({ workspace, base, head });

    test('says who it is and which contract it implements', async () => {
      const { validator } = await create();
      expect(validator.specVersion).toBe(1);
      expect(validator.name).toMatch(/^[A-Za-z0-9][\w.@/-]{0,127}$/);
    });

    test('gives findings of its own about files of the judged tree', async () => {
      const fixture = await create();
      const found = await findings(fixture);
      const files = await fixture.workspace.files(fixture.head);
      expect(found.length).toBeGreaterThan(0);
      for (const finding of found) {
        expect(findingSchema.safeParse(finding).error).toBeUndefined();
        expect(finding.source).toBe(fixture.validator.name);
        expect(files).toContain(finding.file);
      }
    });

    test('gives plain data', async () => {
      const found = await findings(await create());
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    });

    test('finds the same again', async () => {
      const fixture = await create();
      expect(await findings(fixture)).toEqual(await findings(fixture));
    });

    test('finds nothing new where nothing changed', async () => {
      const fixture = await create();
      const found = await findings({ ...fixture, base: fixture.head });
      expect(found.filter((finding) => finding.isNew)).toEqual([]);
    });

    test('changes no file', async () => {
      const fixture = await create();
      const before = await fixture.workspace.snapshot();
      await findings(fixture);
      expect(await fixture.workspace.snapshot()).toBe(before);
    });

    test('stops when it is aborted', async () => {
      const { validator, workspace, base, head } = await create();
      await expect(validator.validate({ workspace, base, head, signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow();
    });
  });
}
