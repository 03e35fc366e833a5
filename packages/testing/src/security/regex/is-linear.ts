import { judgeExpression } from './judge-expression.ts';

/** Whether an expression can be tried on a long text without harm. */
export function isLinear(source: string, flags: string): boolean {
  const { status } = judgeExpression(source, flags);
  return status === 'linear' || status === 'restart';
}
