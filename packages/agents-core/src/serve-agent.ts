export type { AgentMessage, HostMessage, WireCommand, WireDescription, WireFailure, WireMember, WireNow, WireScope, WireTurn } from './wire/messages.ts';
export { serveAgent } from './wire/serve-agent.ts';
export type { ServedAgent, TellHost } from './wire/serve-agent.ts';
