/**
 * Lets each problem refuse what a model hands in so many times. A model that leaves the same out once more will not add
 * it: better to go on with what is known than to stop.
 */
export function refuseAgain<Input>(problems: readonly { readonly times: number; readonly find: (input: Input) => string | undefined }[]): (input: unknown) => string | undefined {
  const left = problems.map(({ times }) => times);
  return (input) => {
    const found = problems.flatMap(({ find }, index) => {
      const text = (left[index] ?? 0) > 0 ? find(input as Input) : undefined;
      if (text === undefined) return [];
      left[index] = (left[index] ?? 0) - 1;
      return [text];
    });
    return found.length === 0 ? undefined : found.join(' ');
  };
}
