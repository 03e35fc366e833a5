import { describe, expect, it } from 'vitest';
import { vagueWord } from '../src/vague-words.ts';

describe('a criterion', () => {
  it.each(['Is fast', 'parseDuration is fast.', 'The output looks nice', 'The page feels modern to users', 'Errors are handled properly', 'The code is clean and readable', 'It works', 'Works as expected', 'fast parsing', 'The API should be very easy to use', 'Responses are more reliable'])('cannot be tested that says: %s', (text) => {
    expect(vagueWord(text)).toBeDefined();
  });

  it.each([
    'parse takes under 50 ms for 1 MB', "parseDuration('1h30m') gives 5400000", 'add() throws a TypeError for text', 'anything that is not a duration still gives NaN', 'The list is empty after clear', 'x', 'sum adds any number of numbers', 'The command exits with the code of the child',
    'sorting is stable: equal items keep their order, as "a", "b"', 'a good token is refused when it is expired', 'The fast path has the same result as the slow one: both return the sum',
  ])('can be tested that says: %s', (text) => {
    expect(vagueWord(text)).toBeUndefined();
  });
});
