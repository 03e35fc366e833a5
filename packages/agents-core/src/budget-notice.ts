/** What a loop has used, and what it may; a limit that is absent is none. */
export interface Spending {
  readonly unit: 'turns' | 'tokens' | 'nano-USD';
  readonly used: number;
  readonly limit: number | undefined;
}

const share = 0.8;

/** Tells the model once for each unit that four fifths are used; `said` remembers which. */
export function budgetNotice(spending: readonly Spending[], said: Spending['unit'][]): string | undefined {
  const due = spending.filter(({ unit, used, limit }) => limit !== undefined && used >= limit * share && used < limit && !said.includes(unit));
  for (const { unit } of due) said.push(unit);
  if (due.length === 0) return undefined;
  const used = due.map((one) => `${one.used} of ${one.limit ?? 0} ${one.unit}`).join(', ');
  return `Budget: ${used} are used, over ${share * 100} %. Finish what is begun, begin nothing new, and end the work in time; what is left open, say.`;
}
