import type { Severity } from '@fw/agents-core';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { resourceNames } from './resource-usage.ts';
import type { ResourceName } from './resource-usage.ts';
import { testKinds } from './test-kind.ts';
import type { KindPatterns } from './test-kind.ts';
import { TestingError } from './testing-error.ts';

/** Every gate of the policy, in the order they are reported. */
export const gateNames = [
  'tests', 'coverage', 'red-first', 'mutation', 'seal', 'types', 'lint', 'complexity', 'duplication', 'dead-code', 'security', 'secrets', 'dependencies', 'performance', 'resources',
] as const;

export type GateName = (typeof gateNames)[number];

/** `required`: must pass. `optional`: may be unavailable or inconclusive, but may not fail. `off`: is not measured. */
export type GateLevel = 'required' | 'optional' | 'off';

/** What has to hold for a change to be accepted. */
export interface Policy {
  readonly gates: { readonly [gate in GateName]: GateLevel };
  /** Least share of changed lines that tests must run, and of the branches on them, 0 to 1. */
  readonly coverage: { readonly changedLines: number; readonly changedBranches: number };
  /** Most new findings of the security and secrets gates. */
  readonly security: { readonly newFindings: number };
  /** Least severity of a new finding by which the dependencies gate rejects: `medium` by default; a new dependency is `low`. */
  readonly dependencies: { readonly rejectFrom: Severity };
  /** Least share of the mutants of changed lines that tests have to notice, 0 to 1; the time spent on them; and which of Stryker's mutators are left out, such as `StringLiteral`. */
  readonly mutation: { readonly killed: number; readonly timeMs: number; readonly exclude: readonly string[] };
  /** Most ways through a function that a change adds or makes worse. */
  readonly complexity: { readonly max: number };
  /** What the commands of the tests and of each checker may take at most, and how many times what they took on the base; small growth never counts. */
  readonly resources: { readonly limits: { readonly [name in ResourceName]?: number }; readonly growth: { readonly [name in ResourceName]: number } };
  /** Least severity of a new finding by which a plugin's validator rejects. */
  readonly plugins: { readonly rejectFrom: Severity };
  /** Hashes, as the findings name them, of changed test setup and weakened test files that a person approved. */
  readonly approved: readonly string[];
  /** What a test counts as that failed and then passed when run again: `fail` (default) or `pass`. It is named in any case. */
  readonly flaky: 'fail' | 'pass';
  /** Test files of a kind which neither their runner nor their names tell, as patterns such as `test/db/**`. */
  readonly kinds: KindPatterns;
}

export interface PolicyOverrides {
  readonly gates?: { readonly [gate in GateName]?: GateLevel };
  readonly coverage?: { readonly changedLines?: number; readonly changedBranches?: number };
  readonly security?: { readonly newFindings?: number };
  readonly dependencies?: { readonly rejectFrom?: Severity };
  readonly mutation?: { readonly killed?: number; readonly timeMs?: number; readonly exclude?: readonly string[] };
  readonly complexity?: { readonly max?: number };
  readonly resources?: { readonly limits?: { readonly [name in ResourceName]?: number }; readonly growth?: { readonly [name in ResourceName]?: number } };
  readonly plugins?: { readonly rejectFrom?: Policy['plugins']['rejectFrom'] };
  readonly approved?: readonly string[];
  readonly flaky?: Policy['flaky'];
  readonly kinds?: KindPatterns;
}

const severity = withZod((z) => z.enum(['low', 'medium', 'high', 'critical']));
const amounts = withZod((z) => z.partialRecord(z.enum(resourceNames), z.number().min(0)));
const factors = withZod((z) => z.partialRecord(z.enum(resourceNames), z.number().min(1)));
const level = withZod((z) => z.enum(['required', 'optional', 'off']));
const overridesSchema = withZod((z) => z.strictObject({
  gates: z.partialRecord(z.enum(gateNames), level).optional(),
  coverage: z.strictObject({ changedLines: z.number().min(0).max(1).optional(), changedBranches: z.number().min(0).max(1).optional() }).optional(),
  security: z.strictObject({ newFindings: z.number().int().min(0).optional() }).optional(),
  dependencies: z.strictObject({ rejectFrom: severity.optional() }).optional(),
  mutation: z.strictObject({ killed: z.number().min(0).max(1).optional(), timeMs: z.number().int().min(1_000).max(86_400_000).optional(), exclude: z.array(z.string().regex(/^[A-Za-z]{1,50}$/, 'a mutator is named as Stryker names it, such as StringLiteral')).max(50).optional() }).optional(),
  complexity: z.strictObject({ max: z.number().int().min(1).max(1_000).optional() }).optional(),
  resources: z.strictObject({ limits: amounts.optional(), growth: factors.optional() }).optional(),
  plugins: z.strictObject({ rejectFrom: severity.optional() }).optional(),
  approved: z.array(z.string().regex(/^[0-9a-f]{64}$/, 'a hash is 64 hexadecimal digits, as the finding names it')).max(1_000).optional(),
  flaky: z.enum(['fail', 'pass']).optional(),
  kinds: z.partialRecord(z.enum(testKinds), z.array(z.string().min(1).max(500)).max(100)).optional(),
}));

/**
 * The default policy with changes: `tests` required; `mutation`, `seal` and `performance` off; the rest optional.
 * @throws TestingError `FW_TESTING_POLICY`, naming each place that is wrong.
 */
export function policy(overrides: PolicyOverrides = {}): Policy {
  const parsed = overridesSchema.safeParse(overrides);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'policy'}: ${issue.message}`);
    throw new TestingError('FW_TESTING_POLICY', { message: `The policy cannot be used: ${places.join('; ')}. Gates: ${gateNames.join(', ')}.` });
  }
  return complete(parsed.data);
}

/** With what they leave out. */
function complete({ gates, coverage, security, dependencies, mutation, complexity, resources, plugins, approved, flaky, kinds }: z.infer<typeof overridesSchema>): Policy {
  const chosen = gateNames.map((gate) => [gate, gates?.[gate] ?? defaultLevel(gate)] as const);
  return {
    gates: Object.fromEntries(chosen) as Policy['gates'],
    coverage: { changedLines: coverage?.changedLines ?? 0, changedBranches: coverage?.changedBranches ?? 0 },
    security: { newFindings: security?.newFindings ?? 0 },
    dependencies: { rejectFrom: dependencies?.rejectFrom ?? 'medium' },
    mutation: { killed: mutation?.killed ?? 0.8, timeMs: mutation?.timeMs ?? 300_000, exclude: mutation?.exclude ?? [] },
    complexity: { max: complexity?.max ?? 30 },
    resources: { limits: resources?.limits ?? {}, growth: { ...defaultGrowth, ...resources?.growth } },
    plugins: { rejectFrom: plugins?.rejectFrom ?? 'medium' },
    approved: approved ?? [],
    flaky: flaky ?? 'fail',
    kinds: kinds ?? {},
  };
}

/** Wide enough for a machine that is busy, and for new tests. */
const defaultGrowth: Policy['resources']['growth'] = { cpuMs: 4, peakMemoryBytes: 3, peakProcesses: 4, peakHandles: 4, writtenBytes: 10, outputCharacters: 10 };

function defaultLevel(gate: GateName): GateLevel {
  if (gate === 'tests') return 'required';
  return gate === 'mutation' || gate === 'seal' || gate === 'performance' ? 'off' : 'optional';
}

/** Policies by name. `delivery` also wants a test that was red on the base. */
export const policies: { readonly default: Policy; readonly delivery: Policy } = {
  default: complete({}),
  delivery: complete({ gates: { 'red-first': 'required' } }),
};
