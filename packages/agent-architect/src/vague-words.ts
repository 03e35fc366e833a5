const vague =
  'fast|faster|quick|quickly|slow|performant|efficient|efficiently|nice|nicely|nicer|good|better|best|great|clean|cleaner|cleanly|beautiful|pretty|elegant|simple|simpler|easy|easier|easily|intuitive|user[- ]friendly|readable|maintainable|robust|reliable|stable|scalable|flexible|secure|modern|properly|proper|appropriate|appropriately|adequate|adequately|reasonable|reasonably|suitable|sensible|correct|correctly|seamless|seamlessly|smooth|smoothly|optimal|optimally|optimi[sz]ed|improved|high[- ]quality|as expected';
const said = new RegExp(String.raw`\b(?:is|are|be|was|looks?|feels?|works?|works? in|performs?|runs?|stays?|remains?|becomes?|handled|handles?|behaves?|has|have|more|very)\b[^.;:]{0,30}?\b(${vague})\b`, 'i');
const alone = new RegExp(String.raw`\b(${vague})\b`, 'i');
/** A number, a literal, a comparison, or something that can be seen to happen. */
const observable = /\d|["'`“«]|[<>=]|\b(?:throws?|returns?|rejects?|resolves?|equals?|contains?|refuses?|prints?|gives?|exits?|emits?|logs?|at most|at least|less than|more than|fewer than|never|null|undefined|NaN|true|false|identical|unchanged)\b/i;

/**
 * The word for which a criterion cannot be tested, such as "fast" in "parsing is fast"; undefined where it says what to
 * observe. Knows English, and errs on the side of letting pass.
 */
export function vagueWord(criterion: string): string | undefined {
  if (observable.test(criterion)) return undefined;
  const word = said.exec(criterion)?.[1] ?? (criterion.trim().split(/\s+/).length <= 3 ? alone.exec(criterion)?.[1] : undefined);
  return word?.toLowerCase() ?? (/^\W*(?:it|everything|all|that)?\s*works\W*$/i.test(criterion) ? 'works' : undefined);
}
