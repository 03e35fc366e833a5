import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** Content of a `design` artifact. */
export interface Design {
  readonly summary: string;
  readonly components: readonly Component[];
  /** How the change fits in: who calls it, what it calls, what stays as it is. */
  readonly integration: readonly string[];
  /** Signatures that others will call. */
  readonly api: readonly string[];
  /** Which test shows which criterion. */
  readonly tests: readonly IntendedTest[];
  readonly performance: readonly string[];
  readonly security: readonly string[];
  readonly alternatives: readonly Alternative[];
  /** What is not in it although it was asked for twice, by the agent's own check. */
  readonly gaps: readonly string[];
}

export interface Component {
  readonly name: string;
  readonly files: readonly string[];
  readonly responsibility: string;
  /** Ids of the criteria that it is there for. */
  readonly criteria: readonly string[];
}

export interface IntendedTest {
  /** Id of a criterion. */
  readonly criterion: string;
  readonly description: string;
  /** Where it will stand; empty when only its name is known. */
  readonly file: string;
  /** As the runner will show it, or a part of it; empty when only its file is known. */
  readonly name: string;
}

/** A way that was considered and not taken. */
export interface Alternative {
  readonly option: string;
  readonly for: string;
  readonly against: string;
  readonly whyNot: string;
}

const text = withZod((z) => z.string().trim().min(1).max(4_000));
const short = withZod((z) => z.string().trim().max(500));
const texts = withZod((z) => z.array(text).max(100).default([]));
const ids = withZod((z) => z.array(short.min(1)).max(200).default([]));

const shape = withZod((z) => ({
  summary: text.describe('The change in a few sentences, and why this way.'),
  components: z.array(z.object({ name: short.min(1), files: z.array(short.min(1)).max(100).default([]), responsibility: text, criteria: ids.describe('Ids of the criteria that it is there for.') })).max(100).default([])
    .describe('Each new criterion belongs to at least one of them.'),
  integration: texts.describe('How it fits in: who calls it, what it calls, what stays as it is.'),
  api: texts.describe('Signatures that others will call, as code.'),
  tests: z.array(z.object({
    criterion: short.min(1).describe('Id of a criterion.'),
    description: text,
    file: short.default('').describe('Intended test file.'),
    name: short.default('').describe('Intended name of the test, or the part of it that will stay.'),
  })).max(500).default([]).describe('At least one for each new criterion, with its intended file or name; for what has to stay the test that shows it today.'),
  performance: texts.describe('Costs that matter, e.g. growth with the input.'),
  security: texts.describe('Input that is not trusted, and how it is kept harmless.'),
  alternatives: z.array(z.object({ option: text, for: text, against: text, whyNot: text })).max(20).default([]).describe('Other ways that were weighed.'),
}));

/** What the model hands in. Lists that are left out are empty. */
export type DesignInput = Omit<Design, 'gaps'>;
export const designInput: z.ZodType<DesignInput> = withZod((z) => z.object(shape));

/** `design@1`. */
export const designSchema: z.ZodType<Design> = withZod((z) => z.object({ ...shape, gaps: z.array(z.string()).default([]) }));
