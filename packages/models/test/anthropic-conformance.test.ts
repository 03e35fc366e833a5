import { anthropic } from '../src/anthropic.ts';
import { testProvider } from '../src/conformance.ts';

testProvider('anthropic', (baseURL, settings) => anthropic({ baseURL, ...settings }), { wire: 'anthropic' });
