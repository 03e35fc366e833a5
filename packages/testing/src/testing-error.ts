export type TestingErrorCode = 'FW_TESTING_POLICY' | 'FW_TESTING_VALIDATOR' | 'FW_TESTING_COMMAND' | 'FW_TESTING_HARNESS' | 'FW_TESTING_SEALED';

/** Everything this package throws; what a measurement finds is a value, never an error. Branch on `code`. */
export class TestingError extends Error {
  override readonly name = 'TestingError';
  readonly code: TestingErrorCode;
  readonly retryable: boolean = false;

  constructor(code: TestingErrorCode, options: { readonly message: string; readonly cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
