import { apiVersion } from './api-version.ts';

export interface ScaffoldOptions {
  /** Of the plugin: small letters, digits and "-". */
  readonly id: string;
  /** Range of `@fw/plugins` that it is written for; default the major and minor of this one. */
  readonly range?: string;
}

/** The files of a new plugin: one tool in a process of its own, its test, README and CI file. Content by path; writes nothing. */
export function scaffoldPlugin({ id, range = '^0.1.0' }: ScaffoldOptions): { readonly [path: string]: string } {
  const name = `fw-plugin-${id}`;
  return {
    'package.json': `${JSON.stringify({
      name, version: '0.1.0', description: 'A plugin for fw.', type: 'module', keywords: ['fw-plugin'],
      exports: { '.': './index.js', './package.json': './package.json' }, files: ['index.js'],
      scripts: { test: 'vitest run' },
      peerDependencies: { '@fw/plugins': range }, devDependencies: { '@fw/plugins': range, vitest: '^5.1.1' },
      fw: { manifest: 1, api: `^${apiVersion}`, id, entry: './index.js', contributes: { tools: [`${id}.count`] }, permissions: {}, isolation: 'process', timeouts: { initialize: 5_000, process: 10_000, cleanup: 2_000 } },
    }, undefined, 2)}\n`,
    'index.js': `import { definePlugin } from '@fw/plugins';

export default definePlugin({
  initialize(context) {
    context.tools.register({
      kind: 'leaf',
      name: '${id}.count',
      description: 'Counts the words of a text.',
      effect: 'pure',
      inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false },
      async run({ text }) {
        return { ok: true, text: String(text.split(/\\s+/).filter(Boolean).length) };
      },
    });
  },
});
`,
    [`test/${name}.test.js`]: `import { fileURLToPath } from 'node:url';
import { testPlugin } from '@fw/plugins/conformance';

testPlugin('${name}', fileURLToPath(new URL('..', import.meta.url)));
`,
    'README.md': `# ${name}
A plugin for fw. It contributes the tool \`${id}.count\`, and asks for no permission.

\`\`\`sh
npm install ${name}
npx fw plugin add ${name}
\`\`\`

\`npm test\` checks it against the manifest in \`package.json\` and the rules that every plugin has to keep.
`,
    '.github/workflows/test.yml': `name: test
on: [push, pull_request]
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm ci
      - run: npm test
`,
    '.gitignore': 'node_modules\n',
  };
}
