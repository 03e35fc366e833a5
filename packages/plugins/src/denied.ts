/** A capability that was not granted, or was used beyond what was granted. Its message goes to the plugin. */
class DeniedError extends Error {
  readonly code = 'FW_PLUGIN_DENIED';
}

export function deny(message: string): never {
  throw new DeniedError(message);
}
