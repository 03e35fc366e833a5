import { createRequire } from 'node:module';
import type { Agent, AgentContext, Artifact, Evidence, Json } from '@fw/agents-core';
import { judge } from '@fw/testing';
import type { Policy, Verdict } from '@fw/testing';
import { toRequests } from './revision-requests.ts';

export interface JudgeAgentOptions {
  readonly policy: Policy;
  /** The run's evidence as the framework recorded it; never what an agent says. */
  readonly evidence: (context: AgentContext) => readonly Evidence[];
}

/**
 * Decides on measured evidence alone; no model takes part. `done` with a `verdict@1` artifact when every gate holds,
 * otherwise `revise` with a request for each thing that does not.
 */
export function createJudgeAgent(options: JudgeAgentOptions): Agent {
  const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  return {
    specVersion: 1,
    name: 'judge',
    version,
    capabilities: ['judge'],
    process(context) {
      const evidence = options.evidence(context);
      const verdict = judge(evidence, options.policy);
      const artifacts = [toArtifact(verdict, context, version)];
      if (verdict.verdict === 'accepted') return Promise.resolve({ status: 'done', artifacts });
      return Promise.resolve({ status: 'revise', artifacts, requests: toRequests(verdict, evidence, options.policy, () => context.id()) });
    },
  };
}

function toArtifact(verdict: Verdict, context: AgentContext, version: string): Artifact {
  return {
    id: context.id(),
    kind: 'verdict',
    title: `Verdict: ${verdict.verdict}`,
    schema: 'verdict@1',
    content: JSON.parse(JSON.stringify(verdict)) as Json,
    producer: { agent: 'judge', version, key: `${context.path}/verdict` },
  };
}
