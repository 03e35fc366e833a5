import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

export const browserPath = '/usr/bin/chromium';

export interface OpenBrowser {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What pages complained of: errors, refused loads, requests to elsewhere. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Debian's Chromium with an empty profile. */
export async function openBrowser(origin: string): Promise<OpenBrowser> {
  const profile = await mkdtemp(path.join(os.tmpdir(), 'fw-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath, viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const complaints: string[] = [];
  // That there is no such run is an answer, not a mistake of the page.
  context.on('console', (message) => { if (message.type() === 'error' && !message.location().url.includes('/api/runs/nobody')) complaints.push(`${message.text()} ${message.location().url}`); });
  context.on('weberror', (error) => { complaints.push(String(error.error())); });
  context.on('request', (request) => { if (!request.url().startsWith(`${origin}/`)) complaints.push(`a request to ${request.url()}`); });
  return {
    context, complaints, page: context.pages()[0] ?? await context.newPage(),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
