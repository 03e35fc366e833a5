import { withZod } from '@fw/agents-core/with-zod';
import { parseJson } from '../parse-json.ts';

/** What a package.json asks for, and what it runs when it is installed. */
export interface Manifest {
  readonly dependencies: ReadonlyMap<string, string>;
  readonly installScripts: ReadonlyMap<string, string>;
}

const texts = withZod((z) => z.record(z.string(), z.string()).catch({}));
const schema = withZod((z) => z.looseObject({ dependencies: texts.optional(), devDependencies: texts.optional(), optionalDependencies: texts.optional(), peerDependencies: texts.optional(), scripts: texts.optional() }));

/** Undefined when it is no JSON object. */
export function readManifest(text: string): Manifest | undefined {
  const { data } = schema.safeParse(parseJson(text));
  if (data === undefined) return undefined;
  const { dependencies, devDependencies, optionalDependencies, scripts = {} } = data;
  return {
    dependencies: new Map(Object.entries({ ...devDependencies, ...optionalDependencies, ...dependencies })),
    installScripts: new Map(Object.entries(scripts).filter(([name]) => /^(pre|post)?install$|^prepare$|^prepublish$/.test(name))),
  };
}

/** The line of a key, 0 where it is not found. */
export function lineOfKey(text: string, key: string): number {
  return text.split('\n').findIndex((line) => line.includes(`${JSON.stringify(key)}:`)) + 1;
}
