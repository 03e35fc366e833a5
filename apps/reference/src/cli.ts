import { endWithLauncher } from './end-with-launcher.ts';
import { main } from './main.ts';

endWithLauncher();
const exitCode = await main(process.argv.slice(2));
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => { stream.write('', resolve); })));
process.exit(exitCode);
