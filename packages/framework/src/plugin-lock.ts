import { withZod } from '@fw/agents-core/with-zod';
import { FrameworkError } from './framework-error.ts';

/** The section `plugins` of `fw.lock.json`: which files a plugin had when it was added. Pins alone: what a plugin may do is never read from a workspace. */
export interface PluginLock {
  readonly version: 1;
  readonly plugins: { readonly [id: string]: { readonly version: string; readonly integrity: string } };
}

const schema = withZod((z) => z.strictObject({
  version: z.literal(1),
  plugins: z.record(z.string(), z.strictObject({ version: z.string(), integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'is no sha512') })),
}));

/** Nothing pinned where there is no section. @throws FrameworkError `FW_CONFIG_INVALID` for one that is something else. */
export function parsePluginLock(section: unknown): PluginLock {
  if (section === undefined) return { version: 1, plugins: {} };
  const parsed = schema.safeParse(section);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FrameworkError('FW_CONFIG_INVALID', { message: `The lock of the plugins (section "plugins" of fw.lock.json) cannot be used: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. Take it from version control, or add the plugins anew.` });
}
