import { fileURLToPath } from 'node:url';
import { testPlugin } from '@fw/plugins/conformance';

const folder = fileURLToPath(new URL('..', import.meta.url));
testPlugin('fw-plugin-tickets', folder, { capabilities: { roots: () => ({ workspace: folder }) } });
