import { z } from 'zod';

/** Content of a `design` artifact. */
export interface Design {
  readonly summary: string;
  readonly components: readonly { readonly name: string; readonly files: readonly string[]; readonly responsibility: string }[];
  /** Signatures that others will call. */
  readonly api: readonly string[];
  /** Which test shows which criterion. */
  readonly tests: readonly { readonly criterion: string; readonly description: string }[];
  readonly performance: readonly string[];
  readonly security: readonly string[];
  /** What was considered and not chosen, and why. */
  readonly alternatives: readonly string[];
}

const text = z.string().trim().min(1);
const texts = z.array(text).default([]);

/** `design@1`. Lists that are left out are empty. */
export const designSchema: z.ZodType<Design> = z.object({
  summary: text.describe('The change in a few sentences, and why this way.'),
  components: z.array(z.object({ name: text, files: texts, responsibility: text })).default([]),
  api: texts.describe('Signatures that others will call, as code.'),
  tests: z.array(z.object({ criterion: text.describe('Id of a criterion.'), description: text })).default([]).describe('At least one for each new criterion.'),
  performance: texts.describe('Costs that matter, e.g. growth with the input.'),
  security: texts.describe('Input that is not trusted, and how it is kept harmless.'),
  alternatives: texts.describe('What was considered and not chosen, and why.'),
});
