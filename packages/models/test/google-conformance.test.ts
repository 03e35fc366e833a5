import { testProvider } from '../src/conformance.ts';
import { googleGenAI } from '../src/google-genai.ts';
import { google } from '../src/google.ts';

testProvider('google', (baseURL, settings) => google({ baseURL, ...settings }), { wire: 'google' });
testProvider('google-genai', (baseURL, settings) => googleGenAI({ baseURL, ...settings }), { wire: 'google' });
