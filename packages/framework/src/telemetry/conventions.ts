/**
 * Names by the semantic conventions for generative AI in the version below, the last that the main conventions had; they are in
 * development, so a new version is a change of this file. What begins with `fw.` is ours.
 */
export const conventions = {
  version: '1.41.0',
  schemaUrl: 'https://opentelemetry.io/schemas/1.41.0',
  operations: { workflow: 'invoke_workflow', agent: 'invoke_agent', chat: 'chat', tool: 'execute_tool' },
} as const;

export const attributes = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversation: 'gen_ai.conversation.id',
  workflow: 'gen_ai.workflow.name',
  agent: 'gen_ai.agent.name',
  tool: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCall: 'gen_ai.tool.call.id',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  requestModel: 'gen_ai.request.model',
  maxTokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_creation.input_tokens',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  systemInstructions: 'gen_ai.system_instructions',
  tokenType: 'gen_ai.token.type',
  errorType: 'error.type',
  run: 'fw.run.id',
  state: 'fw.state',
  visit: 'fw.visit',
  step: 'fw.step.key',
  attempts: 'fw.model.attempts',
  cost: 'fw.cost.nano_usd',
  simulated: 'fw.simulated',
  outcome: 'fw.outcome',
  program: 'fw.command.program',
} as const;

export const metricNames = {
  tokens: 'gen_ai.client.token.usage',
  duration: 'gen_ai.client.operation.duration',
  workflowDuration: 'fw.workflow.duration',
  agentDuration: 'fw.agent.duration',
  toolDuration: 'fw.tool.duration',
  rework: 'fw.rework',
  commandCpu: 'fw.command.cpu_time',
  commandMemory: 'fw.command.peak_memory',
  processCpu: 'process.cpu.time',
  processMemory: 'process.memory.usage',
  processHandles: 'fw.process.handles',
  loopDelay: 'nodejs.eventloop.delay.max',
} as const;

/** Bounds of the buckets, as the conventions advise. */
export const buckets = {
  tokens: [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864],
  seconds: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
} as const;

const providers: { readonly [provider: string]: string } = { google: 'gcp.gemini', 'google-genai': 'gcp.gemini', gemini: 'gcp.gemini', mistral: 'mistral_ai', xai: 'x_ai' };

/** `provider/name@version` as the conventions have it. */
export function describeModel(reference: string): { readonly provider: string; readonly model: string } {
  const slash = reference.indexOf('/');
  const provider = slash === -1 ? '_OTHER' : reference.slice(0, slash);
  return { provider: (Object.hasOwn(providers, provider) ? providers[provider] : undefined) ?? provider, model: reference.slice(slash + 1).replace(/@[^@/]*$/, '') };
}
