import { describe, expect, it } from 'vitest';
import { detectProviders } from '../src/detect-providers.ts';

describe('detectProviders', () => {
  it('finds OpenAI by its key, at its own or at the given address', () => {
    expect(detectProviders({ OPENAI_API_KEY: 'k' }).config).toEqual({ providers: { openai: { use: 'openai', apiKeyEnv: 'OPENAI_API_KEY' } } });
    expect(detectProviders({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://proxy.example/v1' }).config.providers?.['openai']?.baseURL).toBe('https://proxy.example/v1');
  });

  it('needs no key for a server on this machine, and only there', () => {
    const { config, environment } = detectProviders({ OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1' });
    const name = config.providers?.['openai']?.apiKeyEnv ?? '';
    expect(environment[name]).toBeTruthy();
    expect(detectProviders({ OPENAI_BASE_URL: 'https://127.0.0.1.evil.example/v1' }).config).toEqual({});
  });

  it('finds nothing in an empty environment', () => {
    expect(detectProviders({ OPENAI_API_KEY: '', OPENAI_BASE_URL: '' }).config).toEqual({});
  });

  it.each(['not a url', 'file:///etc/passwd'])('refuses %s as an address', (baseURL) => {
    expect(() => detectProviders({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: baseURL })).toThrow('OPENAI_BASE_URL');
  });

  it('finds Anthropic and Gemini by their keys, the first name that is set', () => {
    const { providers = {} } = detectProviders({ ANTHROPIC_API_KEY: 'a', GOOGLE_API_KEY: 'g' }).config;
    expect(providers['anthropic']).toEqual({ use: 'anthropic', apiKeyEnv: 'ANTHROPIC_API_KEY' });
    expect(Object.entries(providers).filter(([, provider]) => provider.apiKeyEnv === 'GOOGLE_API_KEY').map(([name, provider]) => [name, provider.use])).toEqual([['google', 'google'], ['google-genai', 'google-genai'], ['gemini', 'google-genai']]);
    expect(detectProviders({ GEMINI_API_KEY: 'x', GOOGLE_API_KEY: 'g' }).config.providers?.['google']?.apiKeyEnv).toBe('GEMINI_API_KEY');
  });
});
