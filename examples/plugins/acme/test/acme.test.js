import { fileURLToPath } from 'node:url';
import { testPlugin } from '@fw/plugins/conformance';

testPlugin('fw-plugin-acme', fileURLToPath(new URL('..', import.meta.url)));
