/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageFolder } from '../../src/package-folder.ts';
import { addManyRuns, addManySteps, makeHostile } from './large-store.ts';
import { browserPath, openBrowser } from './open-browser.ts';
import type { OpenBrowser } from './open-browser.ts';
import { demoGoal, makeWaitingRun, startUi } from './start-ui.ts';
import type { RunningUi } from './start-ui.ts';

/** Not in git; to be looked at. */
const pictures = path.join(packageFolder, 'screenshots');

/** Real runs go on meanwhile, and a test machine may be busy. */
const patience = 120_000;

let folder = '';
let ui: RunningUi;
let browser: OpenBrowser;
let page: Page;

const go = async (at: string): Promise<void> => { await page.goto(ui.origin + at); };
const useTheme = (theme: 'light' | 'dark'): Promise<void> => page.evaluate((chosen) => { localStorage.setItem('fw-theme', chosen); document.documentElement.dataset['theme'] = chosen; }, theme);

/** What axe finds against WCAG 2 A and AA; the second theme is other in its colours alone. */
async function findings(theme: 'light' | 'dark'): Promise<readonly string[]> {
  return page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as { readonly axe: { run(place: Document, options: object): Promise<{ readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[] }[] }> } };
    const { violations } = await axe.run(document, { runOnly: only });
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary}`));
  }, theme === 'light' ? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] : ['color-contrast']);
}

/** A picture in both themes, and nothing that axe finds in either. */
async function lookAt(name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await useTheme(theme);
    // Colours of code and of charts are made anew.
    await page.waitForFunction(() => document.getAnimations().length === 0);
    await page.screenshot({ path: path.join(pictures, `${name}-${theme}.png`) });
    expect([name, theme, await findings(theme)]).toEqual([name, theme, []]);
  }
}

describe.skipIf(!existsSync(browserPath))('the dashboard in a browser', { timeout: 3 * patience }, () => {
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'fw-ui-')));
    await mkdir(pictures, { recursive: true });
    const options = await makeWaitingRun(folder);
    ui = await startUi(options);
    browser = await openBrowser(ui.origin);
    page = browser.page;
    page.setDefaultTimeout(patience);
    // What the page may load and run is checked by its own policy; this comes from outside of it.
    await browser.context.addInitScript({ content: axe.source });
  }, patience);
  afterAll(async () => {
    await browser?.close();
    await ui?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('a run is followed live, approved, and seen from every side', async () => {
    await page.goto(ui.link);
    await page.waitForURL(`${ui.origin}/`);
    await page.getByRole('row', { name: /waiting/ }).getByRole('link').click();
    await page.getByRole('heading', { name: demoGoal }).waitFor();
    await page.getByRole('region', { name: 'Waits for design' }).waitFor();
    await lookAt('waiting');
    await page.getByLabel('Why').fill('It is small.');
    await page.getByRole('button', { name: 'Approve' }).click();
    // Nothing is loaded again by hand: it comes by itself.
    await page.getByRole('row', { name: /^implementation \(2\)/ }).waitFor();
    await page.getByRole('row', { name: /^validation/ }).waitFor();
    await page.locator('dl.facts').getByText('success', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Revisions (1)' }).waitFor();

    await lookAt('overview');
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.getByRole('grid', { name: 'Waterfall' }).waitFor();
    await lookAt('timeline');
    await page.getByRole('tab', { name: 'Messages and tools' }).click();
    await page.getByRole('row', { name: /^\d+ tool developer edit_file/ }).click();
    await page.getByRole('region', { name: /^Entry/ }).getByText('Called with').waitFor();
    await lookAt('steps');
    await page.getByRole('row', { name: /^\d+ model developer/ }).first().click();
    await page.getByText('What it was asked').click();
    await page.getByRole('heading', { name: 'system' }).waitFor();
    await page.getByRole('region', { name: /^Entry/ }).getByText(demoGoal).first().waitFor();
    await lookAt('asked');
    await page.getByRole('tab', { name: /Revisions/ }).click();
    await page.getByRole('group', { name: 'Why revisions were asked for' }).waitFor();
    await page.getByRole('button', { name: 'Revision 1' }).click();
    await page.getByRole('group', { name: 'Changes of src/parse-duration.js' }).waitFor();
    expect(await page.getByText('Sent back by testing to implementation').count()).toBe(1);
    await lookAt('revisions');
    await page.getByRole('tab', { name: 'Tests and coverage' }).click();
    await page.getByText('2 passed, 1 failed (failed)').waitFor();
    await lookAt('tests');
    await page.getByRole('tab', { name: 'Cost and limits' }).click();
    await page.getByText('run tokens').waitFor();
    await lookAt('cost');
  });

  it('its report opens: one page without a script', async () => {
    const [report] = await Promise.all([browser.context.waitForEvent('page'), page.getByRole('link', { name: 'Report' }).click()]);
    await report.getByRole('heading', { name: demoGoal }).waitFor();
    expect(await report.locator('script').count()).toBe(0);
    for (const colorScheme of ['light', 'dark'] as const) {
      await report.emulateMedia({ colorScheme });
      await report.screenshot({ path: path.join(pictures, `report-${colorScheme}.png`), fullPage: true });
    }
    await report.close();
  });

  it('it is forked by keyboard, and both are compared side by side', async () => {
    await page.getByRole('button', { name: 'Fork', exact: true }).press('Enter');
    await page.getByRole('dialog').waitFor();
    await lookAt('fork');
    await page.getByRole('combobox', { name: 'From' }).selectOption({ label: (await page.getByRole('option', { name: /^after testing \(entry/ }).textContent())! });
    await page.getByRole('dialog').getByRole('button', { name: 'Fork', exact: true }).press('Enter');
    await page.waitForURL(/\/runs\/r1-fork-1/);
    await page.locator('dl.facts').getByText('success', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'r1', exact: true }).click();
    await page.getByRole('region', { name: 'Change of r1-fork-1' }).getByText('parse-duration.js').first().waitFor();
    await lookAt('compare');
  });

  it('models and plugins are shown with what they took', async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('grid', { name: 'Receipts' }).waitFor();
    await page.getByText('requestsPerMinute').waitFor();
    await lookAt('models');
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('rowheader', { name: 'run_tests' }).waitFor();
    await page.getByText('No plugin is configured').waitFor();
    await lookAt('plugins');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
  });

  it('what is empty or gone is said', async () => {
    await go('/?status=cancelled');
    await page.getByRole('heading', { name: 'No run is like that' }).waitFor();
    await lookAt('empty');
    await go('/runs/nobody');
    await page.getByRole('alert').getByText('There is no run "nobody"').waitFor();
    await lookAt('error');
  });

  it('ten thousand runs and steps are moved through by keyboard, and hostile text stays text', async () => {
    const home = path.join(folder, 'home');
    addManySteps(home, 'r1', 10_000);
    makeHostile(home, 'r1-fork-1');
    addManyRuns(home, 'r1-fork-1', 10_000);
    await go('/');
    const grid = page.getByRole('grid', { name: 'Runs' });
    await page.getByText('10,002 runs').waitFor();
    await grid.focus();
    for (const key of ['ArrowDown', 'End', 'Home', 'ArrowDown']) await page.keyboard.press(key);
    const active = (): Promise<number> => page.evaluate(() => Number(document.querySelector(`[id="${String(document.activeElement?.getAttribute('aria-activedescendant'))}"]`)?.getAttribute('aria-rowindex')));
    expect(await active()).toBe(3);
    expect(await grid.getByRole('row').count()).toBeLessThan(100);
    await lookAt('runs');
    await page.keyboard.press('/');
    await page.keyboard.type('r1-fork-1');
    await page.getByText(/^10,001 of /).waitFor();
    expect(await page.getByText('⟨U+202E⟩').count()).toBeGreaterThan(0);
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false);

    await go('/runs/r1-fork-1?tab=panels');
    await page.getByRole('table', { name: 'Criteria' }).waitFor();
    expect(await page.getByRole('heading', { level: 2 }).count()).toBe(1);
    await page.getByText('nothing yet').waitFor();
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false);
    await lookAt('panels');

    await go('/runs/r1?tab=steps');
    await page.getByRole('button', { name: 'All entries' }).click();
    await page.getByText(/^10,\d+ of 10,\d+ entries/).waitFor();
    const steps = page.getByRole('grid', { name: 'Steps' });
    await steps.focus();
    await page.keyboard.press('End');
    await expect.poll(active, { timeout: patience }).toBeGreaterThan(10_000);
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: /^Entry 10/ }).waitFor();
    expect(await page.locator('body').innerHTML()).not.toContain('<img');
    expect(await steps.getByRole('row').count()).toBeLessThan(150);
    await lookAt('steps-many');
    // Nothing was loaded from elsewhere, and nothing was tried that the policy refuses.
    expect(browser.complaints).toEqual([]);
  });
});
