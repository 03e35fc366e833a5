export { connectAgent } from './wire/connect-agent.ts';
export type { AgentLink } from './wire/connect-agent.ts';
export type { AgentMessage, HostMessage, WireCommand, WireDescription, WireFailure, WireMember, WireNow, WireScope, WireTurn } from './wire/messages.ts';
