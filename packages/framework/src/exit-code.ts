/** The exit code of a command whose run ended or paused so. */
export function exitCodeOf(ending: { readonly status: 'success' | 'failed' | 'cancelled' | 'waiting'; readonly code?: string }): number {
  if (ending.status === 'success') return 0;
  if (ending.status === 'failed') return 1;
  if (ending.status === 'cancelled') return 130;
  const { code = '' } = ending;
  if (code === 'FW_RUN_WAITING' || code === 'FW_RUN_SLEEPING') return 4;
  if (code === 'FW_MODEL_BUDGET' || code === 'FW_RUN_DURATION') return 5;
  return code.startsWith('FW_MODEL_') ? 6 : 70;
}
