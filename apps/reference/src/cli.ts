import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { endWithLauncher } from './end-with-launcher.ts';
import { packageFolder } from './package-folder.ts';

endWithLauncher();
// In a checkout hundreds of sources are compiled at each start; kept beside what npm keeps, it takes a third of the time.
const modules = path.join(packageFolder, '../../node_modules');
if (import.meta.filename.endsWith('.ts') && existsSync(modules)) enableCompileCache(path.join(modules, '.cache/fw'));

const { main } = await import('./main.ts');
const exitCode = await main(process.argv.slice(2));
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => { stream.write('', resolve); })));
process.exit(exitCode);
