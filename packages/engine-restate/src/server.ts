export { freePorts, startRestateServer } from './restate-server.ts';
export type { RestateServer } from './restate-server.ts';
