import { withZod } from './with-zod.ts';
import { contributionKinds } from './manifest.ts';
import type { ContributionKind } from './manifest.ts';
import type { Json } from './json.ts';

/** What a plugin registered when it was started: enough to offer it again without starting it. Plain data. */
export interface RememberedPlugin {
  readonly answers: boolean;
  readonly contributions: readonly {
    readonly kind: ContributionKind;
    readonly name: string;
    readonly data: { readonly [member: string]: Json | undefined };
    readonly functions: readonly string[];
  }[];
}

/**
 * Where a host keeps what isolated plugins register, so that a process is started only when something in it is called.
 * `key` stands for the plugin's files and config: with others it is started to see.
 */
export interface PluginMemory {
  recall(key: string): Promise<unknown>;
  /** Undefined when what is kept does not hold any more. */
  keep(key: string, remembered: RememberedPlugin | undefined): Promise<void>;
}

const schema = withZod((z) => z.strictObject({
  answers: z.boolean(),
  contributions: z.array(z.strictObject({
    kind: z.enum(contributionKinds), name: z.string().min(1).max(256), data: z.record(z.string(), z.unknown()), functions: z.array(z.string()),
  })).max(1_000),
}));

/** Nothing where what was kept cannot be used. */
export async function recallPlugin(memory: PluginMemory | undefined, key: string): Promise<RememberedPlugin | undefined> {
  const parsed = schema.safeParse(await memory?.recall(key).catch(() => undefined));
  return parsed.success ? (parsed.data as RememberedPlugin) : undefined;
}
