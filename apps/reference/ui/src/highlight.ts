import { createHighlighterCore } from 'shiki/core';
import type { HighlighterCore } from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
import type { DiffLine } from '@fw/framework';

type Grammar = () => Promise<{ readonly default: Parameters<HighlighterCore['loadLanguage']>[0] }>;

const typescript: Grammar = () => import('shiki/langs/tsx.mjs');
const grammars: { readonly [extension: string]: readonly [name: string, load: Grammar] } = {
  ts: ['tsx', typescript], tsx: ['tsx', typescript], mts: ['tsx', typescript], cts: ['tsx', typescript], js: ['tsx', typescript], jsx: ['tsx', typescript], mjs: ['tsx', typescript], cjs: ['tsx', typescript],
  json: ['json', () => import('shiki/langs/json.mjs')], py: ['python', () => import('shiki/langs/python.mjs')], css: ['css', () => import('shiki/langs/css.mjs')], html: ['html', () => import('shiki/langs/html.mjs')],
  md: ['markdown', () => import('shiki/langs/markdown.mjs')], yaml: ['yaml', () => import('shiki/langs/yaml.mjs')], yml: ['yaml', () => import('shiki/langs/yaml.mjs')], sh: ['shellscript', () => import('shiki/langs/shellscript.mjs')],
  go: ['go', () => import('shiki/langs/go.mjs')], rs: ['rust', () => import('shiki/langs/rust.mjs')], java: ['java', () => import('shiki/langs/java.mjs')], sql: ['sql', () => import('shiki/langs/sql.mjs')],
};

/** With a colour for each theme, as variables. */
export interface ColoredText { readonly text: string; readonly colors: { readonly [name: string]: string } }

const mostLines = 1_500;
let highlighter: Promise<HighlighterCore> | undefined;

/** The lines of a diff in the colours of their language; undefined where none is known, or it would take too long. */
export async function highlightDiff(file: string, lines: readonly DiffLine[]): Promise<readonly (readonly ColoredText[])[] | null> {
  const grammar = grammars[file.slice(file.lastIndexOf('.') + 1).toLowerCase()];
  if (grammar === undefined || lines.length > mostLines) return null;
  highlighter ??= createHighlighterCore({ engine: createJavaScriptRegexEngine({ forgiving: true }), themes: [import('shiki/themes/github-light-high-contrast.mjs'), import('shiki/themes/github-dark-high-contrast.mjs')], langs: [] });
  const shiki = await highlighter;
  await shiki.loadLanguage((await grammar[1]()).default);
  const { tokens } = shiki.codeToTokens(lines.map(({ text }) => text.replaceAll('\n', ' ')).join('\n'), { lang: grammar[0], themes: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' }, defaultColor: false, tokenizeMaxLineLength: 1_000, tokenizeTimeLimit: 200 });
  return tokens.map((line) => line.map(({ content, htmlStyle = {} }) => ({ text: content, colors: htmlStyle })));
}
