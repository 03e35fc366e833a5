import { createLogger } from './logger.js';

export function startServer(write) {
  const log = createLogger('server', write, 'warn');
  log.info('starting');
  log.warn('no port given, using 8080');
  return 8080;
}
