import type { Result } from '@fw/agents-core';
import { createTestContext } from '@fw/agents-core/conformance';
import type { TestContext, TestContextOptions } from '@fw/agents-core/conformance';
import { expect } from 'vitest';
import { createReviewerAgent, reviewSchema } from '../src/index.ts';
import type { Review, ReviewerOptions } from '../src/index.ts';
import { artifact, reproduce, task, tools } from './stand-ins.ts';

export interface Played {
  readonly result: Result;
  readonly context: TestContext;
  readonly content: Review;
}

/** One review, and the artifact that came of it. */
export async function play(state: string, answers: NonNullable<TestContextOptions['answers']>, options: TestContextOptions & ReviewerOptions = {}): Promise<Played> {
  const { checks, ...more } = options;
  const context = createTestContext({ state, task, tools: [...tools, reproduce('TypeError: left is not a number')], answers, artifacts: [artifact('design', { summary: 'a design', api: ['add(left, right)'] })], ...more });
  const result = await createReviewerAgent(checks === undefined ? {} : { checks }).process(context);
  const content = result.artifacts[0]?.content as unknown as Review;
  if (content !== undefined) expect(reviewSchema.parse(content)).toEqual(content);
  return { result, context, content };
}
