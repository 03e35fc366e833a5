import { testProvider } from '../src/conformance.ts';
import { openai } from '../src/openai.ts';

testProvider('openai chat', (baseURL, settings) => openai({ baseURL, api: 'chat', ...settings }), { wire: 'openai-chat' });
testProvider('openai responses', (baseURL, settings) => openai({ baseURL, api: 'responses', ...settings }), { wire: 'openai-responses' });
