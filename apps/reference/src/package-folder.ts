import { fileURLToPath } from 'node:url';

/** The app's own folder, seen from `src` as well as from `dist`. */
export const packageFolder: string = fileURLToPath(new URL('..', import.meta.url));
