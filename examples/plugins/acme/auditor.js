/**
 * @typedef {{
 *   readonly id: string, readonly kind: string, readonly title: string, readonly schema: string, readonly content: unknown,
 *   readonly producer: { readonly agent: string, readonly version: string, readonly key: string },
 * }} Artifact
 * @typedef {{ readonly path: string, readonly state: string, readonly artifacts: readonly Artifact[], id(): string }} AgentContext
 * @typedef {{ readonly status: 'done', readonly artifacts: readonly Artifact[] }} Result
 * @typedef {{
 *   readonly specVersion: 1, readonly name: string, readonly version: string, readonly capabilities: readonly string[],
 *   process(context: AgentContext): Promise<Result>,
 * }} Agent
 */

/**
 * Lists what a run has made so far, and who made it. Needs no model.
 * @param {string} version
 * @returns {Agent}
 */
export function createAuditor(version) {
  return {
    specVersion: 1,
    name: 'acme.auditor',
    version,
    capabilities: ['audit'],
    async process(context) {
      const entries = context.artifacts.map(({ id, kind, title, producer }) => ({ id, kind, title, agent: producer.agent }));
      /** @type {Artifact} */
      const artifact = {
        id: context.id(),
        kind: 'audit',
        title: `${entries.length} artifacts before ${context.state}`,
        schema: 'acme.audit@1',
        content: { entries },
        producer: { agent: 'acme.auditor', version, key: context.path },
      };
      return { status: 'done', artifacts: [artifact] };
    },
  };
}
