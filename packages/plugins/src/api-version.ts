/** The version of the plugin interface that this host speaks. Not the version of the package. */
export const apiVersion = '1.0';

/** Whether this host fits a range of the form `^major.minor`: the same major, and at least that minor. */
export function apiFits(range: string, host: string = apiVersion): boolean {
  const [wantedMajor, wantedMinor] = range.slice(1).split('.').map(Number);
  const [major, minor] = host.split('.').map(Number);
  return major === wantedMajor && (minor ?? 0) >= (wantedMinor ?? 0);
}
