import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.ts';

// The files of a new plugin stand once, in @fw/plugins, and are built in: this package depends on nothing.
export default defineConfig({ ...base, entry: { scaffold: '../plugins/src/scaffold.ts' } });
