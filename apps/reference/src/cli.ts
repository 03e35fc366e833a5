import { main } from './main.ts';

if (process.env['FW_LAUNCHED'] === '1' && process.connected) {
  // Started by a launcher in another process: end when it is killed, as if the kill had hit this one.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
}
delete process.env['FW_LAUNCHED'];

const exitCode = await main(process.argv.slice(2));
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => { stream.write('', resolve); })));
process.exit(exitCode);
