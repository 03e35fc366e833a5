import { fileURLToPath } from 'node:url';
import { testPlugin } from '../src/conformance.ts';

testPlugin('fw-plugin-acme', fileURLToPath(new URL('../../../examples/plugins/acme', import.meta.url)));
