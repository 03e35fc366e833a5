import { describe, expect, it } from 'vitest';
import { exitCodeOfError } from '../src/exit-code.ts';

describe('exitCodeOfError', () => {
  it.each([
    ['FW_WORKFLOW_DIVERGED', 1],
    ['FW_USAGE', 2], ['FW_RUN_UNKNOWN', 2], ['FW_TASK_INVALID', 2], ['FW_WORKSPACE_TOO_LARGE', 2], ['FW_WORKFLOW_LEASED', 2], ['FW_SIGNAL_ANSWERED', 2], ['FW_ANSWER_INVALID', 2], ['FW_TESTING_SEALED', 2],
    ['FW_CONFIG_INVALID', 3], ['FW_CONFIG_UNTRUSTED', 3], ['FW_MODEL_CONFIG', 3], ['FW_TESTING_POLICY', 3],
    ['FW_MODEL_BUDGET', 5],
    ['FW_KEY_MISSING', 6], ['FW_MODEL_AUTH', 6], ['FW_MODEL_NETWORK', 6], ['FW_MODEL_SDK_MISSING', 6],
    ['FW_PLUGIN_LOAD', 7], ['FW_PLUGIN_API', 7],
    ['FW_WORKSPACE_SANDBOX', 8], ['FW_APPLY_REFUSED', 8],
    ['FW_JOURNAL_BROKEN', 70], ['ENOENT', 70], ['FW_MODELS', 70],
  ])('gives %s the exit code %d', (code, exitCode) => {
    expect(exitCodeOfError(Object.assign(new Error('x'), { code }))).toBe(exitCode);
  });

  it.each([undefined, null, 'text', 7, new Error('x'), { code: 5 }])('gives 70 for %j', (thrown) => {
    expect(exitCodeOfError(thrown)).toBe(70);
  });
});
