import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';

/** Either `command`, which runs in the sandbox of the run on the tree as found and without network, or `url`. */
export interface McpConfig {
  readonly command?: readonly string[] | undefined;
  readonly url?: string | undefined;
  /** `url` only: names of environment variables that hold the values of headers. */
  readonly headersEnv?: { readonly [header: string]: string } | undefined;
  /** Hash of its list of tools, as somebody approved it; another list is refused. Default: the list that it has when a run begins. */
  readonly approved?: string | undefined;
  /** The server's tools that are used; default all. */
  readonly allow?: readonly string[] | undefined;
  /** What a call may do, by the server's names; default `once`. */
  readonly effects?: { readonly [tool: string]: 'pure' | 'idempotent' | 'once' } | undefined;
  /** Of one call in milliseconds; default 60,000. */
  readonly timeoutMs?: number | undefined;
}

const text = withZod((z) => z.string().min(1));

export const mcpName: z.ZodType<string> = withZod((z) => z.string().regex(/^[a-z0-9][a-z0-9-]{0,23}$/, 'a name here is small letters, digits and "-", at most 24'));

export const mcpServer: z.ZodType<McpConfig> = withZod((z) => z.strictObject({
  command: z.array(text).min(1).optional(),
  url: z.url({ protocol: /^https?$/ }).optional(),
  headersEnv: z.record(text, text).optional(),
  approved: text.optional(),
  allow: z.array(text).optional(),
  effects: z.record(text, z.enum(['pure', 'idempotent', 'once'])).optional(),
  timeoutMs: z.number().int().positive().max(600_000).optional(),
}).refine(({ command, url }) => (command === undefined) !== (url === undefined), 'give either a command or a url')
  .refine(({ headersEnv, url }) => headersEnv === undefined || url !== undefined, 'headersEnv belongs to a url'));
