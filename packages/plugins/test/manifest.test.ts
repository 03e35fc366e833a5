import { describe, expect, it } from 'vitest';
import { parseManifest } from '../src/manifest.ts';
import { packageJson } from './plugin-folder.ts';

const refusal = (value: unknown): unknown => {
  try {
    parseManifest(value, 'folder');
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('parseManifest', () => {
  it('takes a manifest with everything in it', () => {
    const parsed = parseManifest(packageJson('acme', {
      contributes: { agents: ['acme.auditor'], tools: ['acme.ticket'] },
      activation: ['onState:validation', 'onTool:acme.ticket'],
      permissions: { fs: { read: ['workspace'], write: [] }, net: ['api.acme.example:443'], exec: [], env: ['ACME_TOKEN'], models: { maxUsdPerRun: 0.1 } },
      timeouts: { initialize: 5000, process: 60_000, cleanup: 3000 },
    }), 'folder');
    expect(parsed).toMatchObject({ name: 'fw-plugin-acme', version: '1.2.3', manifest: { id: 'acme', isolation: 'inline' } });
  });

  it.each([
    [{ entyr: './index.js' }, /fw: unknown key "entyr", did you mean "entry"\?/],
    [{ contributes: { agent: ['acme.a'] } }, /fw\.contributes: unknown key "agent", did you mean "agents"\?/],
    [{ permissions: { fs: { reed: [] } } }, /fw\.permissions\.fs: unknown key "reed", did you mean "read"\?/],
    [{ timeouts: { initialise: 1 } }, /fw\.timeouts: unknown key "initialise", did you mean "initialize"\?/],
    [{ zzzzzzzzz: 1 }, /fw: unknown key "zzzzzzzzz"\.$/],
  ])('refuses the unknown key in %j with a suggestion', (changes, message) => {
    expect(refusal(packageJson('acme', changes))).toMatchObject({ code: 'FW_PLUGIN_MANIFEST', plugin: 'acme', version: '1.2.3', stage: 'validate', message: expect.stringMatching(message) as string });
  });

  it.each([
    ['^1.1', 'FW_PLUGIN_API'], ['^2.0', 'FW_PLUGIN_API'], ['^0.9', 'FW_PLUGIN_API'], ['>=1', 'FW_PLUGIN_MANIFEST'], ['*', 'FW_PLUGIN_MANIFEST'],
  ])('refuses the interface range %s', (api, code) => {
    expect(refusal(packageJson('acme', { api }))).toMatchObject({ code });
  });

  it('names both versions when the interface does not fit', () => {
    expect(refusal(packageJson('acme', { api: '^2.3' }))).toMatchObject({ message: expect.stringMatching(/\^2\.3.*1\.0/) as string });
  });

  it('takes process isolation, but no engine with it', () => {
    expect(parseManifest(packageJson('acme', { isolation: 'process' }), 'folder').manifest.isolation).toBe('process');
    expect(refusal(packageJson('acme', { isolation: 'process', contributes: { engines: ['acme.engine'] } }))).toMatchObject({ code: 'FW_PLUGIN_ISOLATION', message: expect.stringContaining('inline only') as string });
    expect(refusal(packageJson('acme', { isolation: 'container' }))).toMatchObject({ code: 'FW_PLUGIN_MANIFEST' });
  });

  it.each(['api.acme.example', '*:443', 'https://api.acme.example:443', 'API.acme.example:443', 'a b:1', ''])('refuses "%s" as a host and port', (net) => {
    expect(refusal(packageJson('acme', { permissions: { net: [net] } }))).toMatchObject({ code: 'FW_PLUGIN_MANIFEST', message: expect.stringContaining('fw.permissions.net') as string });
  });

  it('refuses a manifest that does not say how it is isolated', () => {
    expect(refusal(packageJson('acme', { isolation: undefined }))).toMatchObject({ code: 'FW_PLUGIN_MANIFEST' });
  });

  it('refuses contributions under another plugin\'s name', () => {
    expect(refusal(packageJson('acme', { contributes: { tools: ['other.ticket'] } }))).toMatchObject({ code: 'FW_PLUGIN_MANIFEST', message: expect.stringContaining('acme.other.ticket') as string });
  });

  it('refuses a package without the keyword', () => {
    expect(refusal(packageJson('acme', {}, { keywords: ['other'] }))).toMatchObject({ code: 'FW_PLUGIN_MANIFEST', message: expect.stringContaining('fw-plugin') as string });
  });

  it.each([null, 7, 'text', [], {}, { name: {}, version: [], keywords: 'fw-plugin', fw: null }, JSON.parse('{"__proto__": {"fw": 1}}') as unknown])('refuses %j', (value) => {
    expect(refusal(value)).toMatchObject({ code: 'FW_PLUGIN_MANIFEST', plugin: 'folder', version: 'unknown' });
  });

  it('refuses ids that could be mistaken for paths or terminal codes', () => {
    for (const id of ['../x', 'A', 'a/b', '\u001b[31m', '', 'a'.repeat(65)]) expect(refusal(packageJson(id))).toMatchObject({ code: 'FW_PLUGIN_MANIFEST' });
  });
});
