import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const peers = createRequire(new URL('./peers/package.json', import.meta.url));

/** A package that is compared with ours, from the folder that `npm run bench` installs them into. */
export async function loadPeer<Module>(name: string): Promise<Module> {
  let file: string;
  try {
    file = peers.resolve(name);
  } catch (error) {
    throw new Error(`The package ${name}, which is compared with ours, is not there: npm run bench installs it.`, { cause: error });
  }
  return (await import(pathToFileURL(file).href)) as Module;
}
