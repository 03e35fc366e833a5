/** One package as a lock file pins it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Where it comes from, as written; empty where the lock file leaves it to the registry. */
  readonly resolved: string;
  readonly integrity: string;
  /** Undefined where the lock file does not say. */
  readonly hasInstallScript: boolean | undefined;
  readonly line: number;
}

/** A registry's host, or what else a package comes from. */
export function sourceOf({ resolved, version }: Pick<LockedPackage, 'resolved' | 'version'>): { readonly type: 'registry' | 'git' | 'http' | 'local' | 'unsaid'; readonly host: string } {
  const text = resolved === '' && /^(git|https?|file|link|github|gitlab|bitbucket)[:+]/.test(version) ? version : resolved;
  if (text === '') return { type: 'unsaid', host: '' };
  if (/^(file|link|workspace|portal|patch):/.test(text) || /^\.{0,2}\//.test(text)) return { type: 'local', host: '' };
  const host = /^[a-z+]+:\/\/(?:[^@/]*@)?([^/:]+)/i.exec(text)?.[1]?.toLowerCase() ?? '';
  if (/^(git[+:]|git@|github:|gitlab:|bitbucket:)|\.git(#|$)|codeload\.github\.com/.test(text)) return { type: 'git', host };
  if (text.startsWith('http:')) return { type: 'http', host };
  // A registry's archives stand below `/-/`.
  return { type: /\/-\/[^/]+\.tgz/.test(text) || /^npm:/.test(text) ? 'registry' : text.startsWith('https:') ? 'http' : 'unsaid', host };
}
