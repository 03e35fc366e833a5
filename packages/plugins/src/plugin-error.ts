export type PluginErrorCode =
  | 'FW_PLUGIN_NOT_FOUND' | 'FW_PLUGIN_MANIFEST' | 'FW_PLUGIN_API' | 'FW_PLUGIN_ENTRY' | 'FW_PLUGIN_ISOLATION' | 'FW_PLUGIN_DUPLICATE'
  | 'FW_PLUGIN_LOAD' | 'FW_PLUGIN_INVALID' | 'FW_PLUGIN_SPEC_VERSION' | 'FW_PLUGIN_CONFIG' | 'FW_PLUGIN_UNDECLARED' | 'FW_PLUGIN_GONE'
  | 'FW_PLUGIN_INTEGRITY' | 'FW_PLUGIN_GRANT' | 'FW_PLUGIN_PERMISSION' | 'FW_PLUGIN_SANDBOX' | 'FW_PLUGIN_DENIED'
  | 'FW_PLUGIN_CRASHED' | 'FW_PLUGIN_MEMORY' | 'FW_PLUGIN_OUTPUT' | 'FW_PLUGIN_PROTOCOL'
  | 'FW_PLUGIN_FAILED' | 'FW_PLUGIN_TIMEOUT' | 'FW_PLUGIN_CANCELLED' | 'FW_PLUGIN_RESULT' | 'FW_PLUGIN_CLOSED';

/** Where in its life a plugin was: `validate` runs none of its code, `load` imports it. */
export type PluginStage = 'validate' | 'load' | 'initialize' | 'process' | 'cleanup';

/** Which plugin, in every message and every list. */
export interface PluginIdentity {
  readonly id: string;
  readonly version: string;
}

/** A PluginError as plain data. */
export interface PluginFailure {
  readonly plugin: string;
  readonly version: string;
  readonly stage: PluginStage;
  readonly code: PluginErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

export interface PluginErrorOptions {
  readonly message: string;
  readonly plugin: PluginIdentity;
  readonly stage: PluginStage;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Everything this package throws. Branch on `code`; `plugin` says whose fault it is. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
  readonly code: PluginErrorCode;
  readonly plugin: string;
  readonly version: string;
  readonly stage: PluginStage;
  readonly retryable: boolean;

  constructor(code: PluginErrorCode, options: PluginErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.plugin = options.plugin.id;
    this.version = options.plugin.version;
    this.stage = options.stage;
    this.retryable = options.retryable ?? false;
  }

  toJSON(): PluginFailure {
    return { plugin: this.plugin, version: this.version, stage: this.stage, code: this.code, message: this.message, retryable: this.retryable };
  }
}
