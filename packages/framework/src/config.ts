import { z } from 'zod';
import { describeIssue } from './config-issue.ts';
import { FrameworkError } from './framework-error.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a name here is small letters, digits and "-"');
const text = z.string().min(1);

const provider = z.strictObject({
  /** `openai`, `scripted`, or what a plugin contributes. */
  use: text,
  baseURL: z.url({ protocol: /^https?$/ }).optional(),
  /** Name of the environment variable that holds the key. */
  apiKeyEnv: text.optional(),
  headers: z.record(z.string(), z.string()).optional(),
  api: z.enum(['chat', 'responses']).optional(),
  /** `scripted` only: the script's file, or the script itself. */
  script: z.union([text, z.record(z.string(), z.json())], 'expected a file name or a script').optional(),
});

const configSchema = z.strictObject({
  providers: z.record(name, provider).optional(),
  models: z.record(text, z.strictObject({
    use: text,
    fallback: z.array(text).optional(),
    limits: z.record(z.string(), z.number().positive()).optional(),
  })).optional(),
  agents: z.strictObject({
    architect: text.optional(),
    developer: text.optional(),
    reviewer: text.optional(),
    judge: text.optional(),
  }).optional(),
  workflow: z.strictObject({
    approvals: z.array(z.enum(['design'])).optional(),
  }).optional(),
  plugins: z.array(text).optional(),
  engine: z.enum(['local']).optional(),
  policy: z.record(z.string(), z.json()).optional(),
  budgets: z.strictObject({ run: z.strictObject({ usd: z.number().positive().optional(), tokens: z.number().int().positive().optional() }).optional() }).optional(),
  workspace: z.strictObject({
    include: z.array(text).optional(),
    maxFiles: z.number().int().positive().optional(),
    maxBytes: z.number().int().positive().optional(),
  }).optional(),
});

/** What a config file holds. Plain data. */
export type Config = z.infer<typeof configSchema>;

/**
 * Checks a config that comes from outside.
 * @param source Names the file or place in the error.
 * @throws FrameworkError `FW_CONFIG_INVALID` with file, key path and, for an unknown key, the one that was meant.
 */
export function parseConfig(value: unknown, source: string): Config {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  const places = parsed.error.issues.slice(0, 5).map((issue) => describeIssue(issue, schema, value));
  const more = parsed.error.issues.length - places.length;
  throw new FrameworkError('FW_CONFIG_INVALID', {
    message: `${source}: ${places.join('; ')}${more > 0 ? `; and ${String(more)} more` : ''}.`,
  });
}
