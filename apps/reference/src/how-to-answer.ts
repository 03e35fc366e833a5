/** The commands by which a person says what a run waits for. */
export function howToAnswer(run: string, gate: string | undefined): string {
  if (gate === 'question') return `fw answer ${run} "<answer>"`;
  return `fw approve ${run}${gate === undefined ? '' : ` ${gate}`} (or fw reject)`;
}
