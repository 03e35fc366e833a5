/** When a launcher in another process started this one: ends it when that one is killed, as if the kill had hit it. */
export function endWithLauncher(): void {
  const wasLaunched = process.env['FW_LAUNCHED'] === '1' && process.connected;
  delete process.env['FW_LAUNCHED'];
  if (!wasLaunched) return;
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
}
