/** Whether a name in a config is one that a plugin contributes: its id, a dot and a word, and not the name of a file. */
export function isContributedName(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,63}\.[\w-][\w.-]{0,127}$/.test(name) && !/\.(?:[cm]?[jt]s|json|ya?ml)$/.test(name);
}

/** The id of the plugin that contributes it. */
export const pluginOf = (name: string): string => name.slice(0, name.indexOf('.'));
