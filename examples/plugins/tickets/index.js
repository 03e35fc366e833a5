import { definePlugin } from '@fw/plugins';

/**
 * What this plugin needs of its host.
 * @typedef {import('@fw/plugins').GrantedCapabilities & { readonly tools: { register(tool: object): void } }} Capabilities
 */

export default definePlugin({
  /** @param {import('@fw/plugins').PluginContext<Capabilities>} context */
  initialize({ tools, files, fetch, env }) {
    tools.register({
      kind: 'leaf',
      name: 'tickets.get',
      description: 'The text of a ticket, by its number: from tickets/<number>.md of the project, else from the tracker.',
      effect: 'pure',
      inputSchema: { type: 'object', properties: { number: { type: 'integer' } }, required: ['number'], additionalProperties: false },
      /** @param {{ readonly number: number }} input */
      async run({ number }) {
        const kept = await files.read('workspace', `tickets/${number}.md`).catch(() => undefined);
        if (kept !== undefined) return { ok: true, text: kept };
        if (env.TICKETS_TOKEN === undefined) return { ok: false, code: 'denied', text: 'TICKETS_TOKEN is not set.' };
        const answer = await fetch(`https://tickets.example/api/${number}`, { headers: { authorization: `Bearer ${env.TICKETS_TOKEN}` } });
        return answer.ok ? { ok: true, text: await answer.text() } : { ok: false, code: 'failed', text: `The tracker answered ${answer.status}.` };
      },
    });
  },
});
