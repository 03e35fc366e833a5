/** `provider/name@version`, taken apart. The name may hold further slashes. */
export interface ModelReference {
  readonly provider: string;
  readonly name: string;
  readonly version?: string;
}

/** Undefined when the text is not a reference. */
export function parseReference(text: string): ModelReference | undefined {
  const match = /^([^/@\s]+)\/([^\s]+?)(?:@([^@/\s]+))?$/.exec(text);
  if (match === null) return undefined;
  const [, provider, name, version] = match as unknown as [string, string, string, string | undefined];
  return { provider, name, ...(version === undefined ? {} : { version }) };
}

/** The text form of a reference. */
export function formatReference(reference: ModelReference): string {
  return `${reference.provider}/${reference.name}${reference.version === undefined ? '' : `@${reference.version}`}`;
}
