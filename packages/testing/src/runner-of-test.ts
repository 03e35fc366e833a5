const modules: { readonly [runner: string]: string } = { jest: '@jest/globals', playwright: '@playwright/test' };

/** Which of these runners a test file is for, by the module that it names; else one whose functions are global, else the last. */
export function runnerOfTest(text: string, runners: readonly string[]): string {
  const named = runners.find((runner) => namesModule(text, modules[runner] ?? runner));
  return named ?? runners.find((runner) => runner === 'jest' || runner === 'mocha') ?? runners.at(-1) ?? 'unknown';
}

function namesModule(text: string, name: string): boolean {
  return text.includes(`'${name}'`) || text.includes(`"${name}"`);
}
