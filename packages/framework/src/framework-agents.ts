import { createRequire } from 'node:module';
import { createJudgeAgent } from '@fw/agent-judge';
import { createArtifact, readProjectNotes } from '@fw/agents-core';
import type { Agent, AgentContext, Evidence, Finding, Json, Result, RevisionRequest } from '@fw/agents-core';
import { createWorkspaceBaseline, measureChange, measureFindings, measureTests, validators } from '@fw/testing';
import type { GateResult } from '@fw/testing';
import { describeEnvironment } from './describe-environment.ts';
import { verdictOf } from './guards.ts';
import type { RunSession, Sessions } from './run-session.ts';

/** The framework's own agents: they measure; none of them has a model. */
export function createFrameworkAgents(sessions: Sessions): readonly Agent[] {
  const agent = (name: string, capability: string, work: (context: AgentContext, session: RunSession) => Promise<Result>): Agent =>
    ({ specVersion: 1, name, version: packageVersion(), capabilities: [capability], process: (context) => work(context, sessions.of(context)) });
  return [
    agent('initializer', 'initialize', measureBaseline),
    agent('tester', 'test', runTests),
    agent('checker', 'check', checkChange),
    agent('validator', 'validate', validateChange),
    agent('judge', 'judge', (context, session) => createJudgeAgent({ policy: session.policyFor(context.artifacts), evidence: () => evidenceOfTree(session) }).process(context)),
  ];
}

/** Everything is compared with the tree as it was found; who comes after is told what it is like. */
async function measureBaseline(context: AgentContext, session: RunSession): Promise<Result> {
  const { workspace } = session.workspace;
  const [baseline] = await session.record(context, 'baseline', async (signal) => [await createWorkspaceBaseline({ workspace, signal })]);
  const project = await context.step<Json>('project', async () => ({ environment: await describeEnvironment(workspace, baseline), notes: await readProjectNotes(workspace) }) as unknown as Json);
  if (session.mcp.isUsed) session.mcp.adopt(await context.step('mcp-tools', ({ signal }) => session.mcp.list(signal), { effect: 'idempotent' }));
  return { status: 'done', artifacts: [createArtifact(context, { name: 'initializer', version: packageVersion() }, { kind: 'project', title: 'Project', schema: 'project@1', content: project })] };
}

async function runTests(context: AgentContext, session: RunSession): Promise<Result> {
  const { workspace } = session.workspace;
  const [tests] = await session.record(context, 'tests', (signal) => measureTests({ workspace, coverage: true, approved: session.policyFor(context.artifacts).approved, signal }));
  const gate = verdictOf({ evidence: session.evidence, policy: session.policyFor(context.artifacts), tree: session.workspace.tree }).gates.find((one) => one.gate === 'tests');
  if (gate?.status === 'passed') return { status: 'done', artifacts: [] };
  return { status: 'revise', artifacts: [], requests: failingTests(context, tests!, gate) };
}

/** One request for each failing test, named by its id and its message. */
function failingTests(context: AgentContext, tests: Evidence, gate: GateResult | undefined): readonly RevisionRequest[] {
  const { cases = [] } = tests.results as unknown as { readonly cases?: readonly { readonly id: string; readonly file: string; readonly status: string; readonly message?: string }[] };
  const failing = cases.filter((test) => test.status === 'failed' || test.status === 'errored' || test.status === 'timed-out').slice(0, 20);
  if (failing.length === 0) return [{ id: context.id(), what: `tests: ${gate?.message ?? 'nothing was measured'}`, evidence: [tests.id] }];
  return failing.map((test) => ({
    id: context.id(), what: `${test.id} ${test.status}${test.message === undefined ? '' : `:\n${test.message.slice(0, 500)}`}`, ...(test.file !== '' && { where: { file: test.file } }), evidence: [tests.id],
  }));
}

/** What the verdict needs beside the tests: whether new tests were red before, and what the validators find. */
async function validateChange(context: AgentContext, session: RunSession): Promise<Result> {
  const { workspace } = session.workspace;
  const head = session.workspace.tree;
  const baseline = session.evidence.find((one) => one.kind === 'baseline');
  const tests = session.evidence.findLast((one) => one.kind === 'tests' && one.tree === head);
  const mutation = session.evidence.findLast((one) => one.kind === 'mutation');
  await session.record(context, 'change', (signal) => measureChange({
    workspace, base: workspace.base, head, policy: session.policyFor(context.artifacts), validators: session.validators, signal,
    ...(baseline && { baseline }), ...(tests && { tests }), ...(mutation && { mutation }),
  }));
  return { status: 'done', artifacts: [] };
}

/** What validators find without running anything of the change, for those who review it. It is no evidence: that is measured after them. */
async function checkChange(context: AgentContext, session: RunSession): Promise<Result> {
  const { workspace } = session.workspace;
  const head = session.workspace.tree;
  const content = await context.step<Json>('checks', async ({ signal }) => {
    const measured = await session.workspace.read(() => Promise.all([validators.secrets(), validators.security(), ...session.validators].map((validator) => measureFindings({ workspace, validator, base: workspace.base, head, signal }))));
    return { findings: measured.flatMap(({ results }) => findingsIn(results)) } as unknown as Json;
  }, { effect: 'idempotent' });
  return { status: 'done', artifacts: [createArtifact(context, { name: 'checker', version: packageVersion() }, { kind: 'checks', title: 'Checks', schema: 'checks@1', content })] };
}

/** What the newest checks have found. */
export function checksOf({ artifacts }: Pick<AgentContext, 'artifacts'>): readonly Finding[] {
  return findingsIn(artifacts.findLast((one) => one.kind === 'checks')?.content);
}

function findingsIn(results: unknown): readonly Finding[] {
  const { findings } = (results ?? {}) as { readonly findings?: unknown };
  return Array.isArray(findings) ? (findings as readonly Finding[]) : [];
}

const evidenceOfTree = (session: RunSession): readonly Evidence[] =>
  session.evidence.filter((one) => one.kind === 'baseline' || one.tree === session.workspace.tree);

function packageVersion(): string {
  return (createRequire(import.meta.url)('../package.json') as { readonly version: string }).version;
}
