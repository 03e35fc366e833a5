import { withZod } from './with-zod.ts';
import type { Json } from '@fw/models';
import { AgentError } from './agent-error.ts';
import { copyJson } from './plain-json.ts';
import type { Result } from './result.ts';

const text = withZod((z) => z.string());
const name = withZod((z) => z.string().min(1).max(512));
const artifact = withZod((z) => z.object({
  id: name,
  kind: name,
  title: text,
  schema: z.string().regex(/^[^@\s]+@[^@\s]+$/, 'must be name@version').max(512),
  content: z.unknown().refine((content) => content !== undefined, 'is missing'),
  producer: z.object({ agent: name, version: name, key: z.string().min(1) }),
}));
const request = withZod((z) => z.object({
  id: name,
  what: z.string().min(1),
  where: z.object({ file: z.string().min(1), line: z.number().int().min(0).optional() }).optional(),
  evidence: z.array(text),
}));
const artifacts = withZod((z) => z.array(artifact).max(1000));
const schema = withZod((z) => z.discriminatedUnion('status', [
  z.object({ status: z.literal('done'), artifacts }),
  z.object({ status: z.literal('revise'), artifacts, requests: z.array(request).max(1000) }),
  z.object({ status: z.literal('failed'), artifacts, code: name, message: text }),
]));

/**
 * Checks what an agent's `process` gave, as it may be a stranger's, and returns a copy that is plain JSON; unknown
 * members are left out.
 * @throws AgentError `FW_AGENT_INVALID`, naming the agent and each place that is wrong.
 */
export function parseResult(value: unknown, agentName: string): Result {
  const parsed = schema.safeParse(copyOf(value, agentName));
  if (!parsed.success) {
    const places = parsed.error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'result'}: ${issue.message}`);
    throw invalid(agentName, places.join('; '));
  }
  return parsed.data as Result;
}

function copyOf(value: unknown, agentName: string): Json {
  try {
    return copyJson(value, 'result');
  } catch (cause) {
    throw invalid(agentName, cause instanceof TypeError ? cause.message : 'reading it failed', cause);
  }
}

function invalid(agentName: string, why: string, cause?: unknown): AgentError {
  return new AgentError('FW_AGENT_INVALID', { message: `Agent "${agentName}" gave a result that cannot be used: ${why}.`, cause });
}
