import path from 'node:path';
import { defineConfig } from 'vite';

const folder = import.meta.dirname;

// Who starts the build may have said something else for itself; the page is always made for use.
process.env['NODE_ENV'] = 'production';

// Nothing is inlined: the page is served with a policy that lets only files of its own run.
export default defineConfig({
  root: folder,
  base: '/',
  resolve: { conditions: ['@fw/source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: path.join(folder, '../dist/ui'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    // Libraries mark parts for servers of their own; here all of it is for the browser.
    rolldownOptions: { onLog: (level, log, report) => { if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log); } },
  },
});
