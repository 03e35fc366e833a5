import { loadBabel } from './parser-modules.ts';
import type { SyntaxNode } from './syntax-node.ts';

/** The syntax tree of a JavaScript or TypeScript file; undefined for what is no program, or one nested deeper than the stack. */
export function parseProgram(text: string, file: string): SyntaxNode | undefined {
  if (text.length > 2_000_000) return undefined;
  const isTypeScript = /\.[cm]?tsx?$/.test(file);
  try {
    return loadBabel().parse(text, {
      sourceType: 'unambiguous', errorRecovery: true, allowReturnOutsideFunction: true, allowAwaitOutsideFunction: true,
      plugins: [...(isTypeScript ? ['typescript' as const] : []), ...(/\.[cm]?ts$/.test(file) ? [] : ['jsx' as const]), ...(!isTypeScript && /@flow\b/.test(text.slice(0, 500)) ? ['flow' as const] : []), 'decorators'],
    }).program as unknown as SyntaxNode;
  } catch {
    return undefined;
  }
}
