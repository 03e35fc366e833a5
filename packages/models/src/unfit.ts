import type { ModelCapability, ModelCard } from './model-card.ts';
import type { ModelRequest } from './model.ts';
import { createTokenEstimator } from './token-estimator.ts';

/** Why a model cannot answer a request, as far as its card tells. */
export interface Unfit {
  readonly because: 'context' | 'capability';
  readonly reason: string;
}

const contextMargin = 1.15;

/** Undefined when nothing speaks against it. */
export function unfitFor(card: ModelCard, request: ModelRequest): Unfit | undefined {
  const { capabilities } = card;
  const missing = capabilities === undefined ? undefined : needsOf(request).find((need) => !capabilities.includes(need));
  if (missing !== undefined) return { because: 'capability', reason: `it lacks "${missing}", which the request needs` };
  if (card.contextTokens === undefined) return undefined;
  const tokens = Math.ceil(createTokenEstimator().estimate(request).rawInputTokens * contextMargin) + (request.maxOutputTokens ?? 0);
  if (tokens <= card.contextTokens) return undefined;
  return { because: 'context', reason: `the request may need ${tokens} tokens and it holds ${card.contextTokens}` };
}

function needsOf(request: ModelRequest): readonly ModelCapability[] {
  const parts = request.messages.flatMap((message) => (typeof message.content === 'string' ? [] : message.content));
  const needs: ModelCapability[] = [];
  if ((request.tools?.length ?? 0) > 0) needs.push('tools');
  if (parts.some((part) => part.type === 'image')) needs.push('images');
  if (parts.some((part) => part.type === 'file')) needs.push('files');
  if (request.output !== undefined) needs.push('output');
  if (request.reasoning !== undefined) needs.push('reasoning');
  return needs;
}
