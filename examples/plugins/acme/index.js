import { definePlugin } from '@fw/plugins';
import { createAuditor } from './auditor.js';
import { createLicenseValidator } from './license.js';

/**
 * What this plugin needs of its host.
 * @typedef {{
 *   readonly agents: { register(agent: import('./auditor.js').Agent): void },
 *   readonly validators: { register(validator: import('./license.js').Validator): void },
 * }} Capabilities
 */

export default definePlugin({
  /** @param {import('@fw/plugins').PluginContext<Capabilities>} context */
  initialize(context) {
    context.agents.register(createAuditor(context.plugin.version));
    context.validators.register(createLicenseValidator());
  },
});
