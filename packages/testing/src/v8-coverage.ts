import { lstat, readFile, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type v8ToIstanbul from 'v8-to-istanbul';
import type { z } from 'zod';
import { withZod } from '@fw/agents-core/with-zod';
import { relativeFile } from './case-id.ts';
import { summarizeCoverage } from './coverage.ts';
import { toFiles } from './istanbul-coverage.ts';
import { loadIstanbul, loadV8ToIstanbul } from './parser-modules.ts';
import { isSourceFile } from './test-kind.ts';
import type { CoverageOutcome } from './test-report.ts';

const rangeSchema = withZod((z) => z.object({ startOffset: z.number().int().min(0), endOffset: z.number().int().min(0), count: z.number().int().min(0) }));
const functionSchema = withZod((z) => z.object({ functionName: z.string(), ranges: z.array(rangeSchema).min(1), isBlockCoverage: z.boolean() }));
const scriptSchema = withZod((z) => z.object({ url: z.string(), functions: z.array(functionSchema) }));
const mapSchema = withZod((z) => z.looseObject({ sources: z.array(z.string()).max(10_000), sourceRoot: z.string().nullish() }));
const sourceMapSchema = withZod((z) => z.object({ lineLengths: z.array(z.number().int().min(0).max(1_000_000)), data: z.unknown() }));
const fileSchema = withZod((z) => z.object({ result: z.array(scriptSchema), 'source-map-cache': z.record(z.string(), sourceMapSchema).optional() }));

const maxSourceBytes = 5 * 1024 * 1024;

/** Joins what Node wrote to `NODE_V8_COVERAGE`, one text a process, into the coverage of the workspace's files. */
export async function readV8Coverage(texts: readonly string[], root: string): Promise<CoverageOutcome> {
  const coverage = loadIstanbul().createCoverageMap({});
  let damaged = 0;
  for (const text of texts) {
    const parsed = parse(text);
    if (parsed === undefined) {
      damaged++;
      continue;
    }
    for (const script of parsed.result) {
      const cached = parsed['source-map-cache']?.[script.url];
      const map = mapSchema.safeParse(cached?.data).data;
      const path = await sourcePath(script.url, root, map !== undefined);
      if (path === undefined) continue;
      try {
        const converter = loadV8ToIstanbul()(path, 0, cached === undefined || map === undefined ? undefined : await sourcesOf(cached.lineLengths, map, path, root));
        await converter.load();
        converter.applyCoverage(script.functions);
        coverage.merge(converter.toIstanbul());
      } catch {
        damaged++;
      }
    }
  }
  if (texts.length === 0) return { status: 'unavailable', reason: 'no process of the run wrote coverage' };
  if (damaged > 0 && coverage.files().length === 0) return { status: 'unavailable', reason: 'the coverage files are damaged' };
  return { status: 'measured', coverage: summarizeCoverage(toFiles(coverage, root)) };
}

function parse(text: string): z.infer<typeof fileSchema> | undefined {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Only regular source files of ordinary size that really lie in the workspace, and compiled ones whose map leads to such. */
async function sourcePath(url: string, root: string, isMapped: boolean): Promise<string | undefined> {
  if (!url.startsWith('file://')) return undefined;
  try {
    const path = fileURLToPath(url);
    const file = relativeFile(root, path);
    if (!path.startsWith(root + sep) || !(isSourceFile(file) || (isMapped && !file.split('/').includes('node_modules')))) return undefined;
    const stat = await lstat(path);
    if (!stat.isFile() || stat.size > maxSourceBytes) return undefined;
    return (await realpath(path)).startsWith((await realpath(root)) + sep) ? path : undefined;
  } catch {
    return undefined;
  }
}

type Sources = NonNullable<Parameters<typeof v8ToIstanbul>[2]>;

/**
 * What compiled the file left its map, but not its output: lines of the same lengths stand in for that. Where the map leads
 * out of the workspace, nothing is read.
 */
async function sourcesOf(lineLengths: readonly number[], map: z.infer<typeof mapSchema>, path: string, root: string): Promise<Sources> {
  const source = lineLengths.map((length) => '.'.repeat(length)).join('\n');
  const originals = await Promise.all(map.sources.map((one) => originalOf(one, map.sourceRoot ?? '', path, root)));
  const sourcemap = { ...map, file: '', sourceRoot: '', sources: originals.map((one) => one.path), sourcesContent: originals.map((one) => one.content) };
  return { source, originalSource: '', sourceMap: { sourcemap: sourcemap as unknown as string } };
}

async function originalOf(source: string, sourceRoot: string, script: string, root: string): Promise<{ readonly path: string; readonly content: string }> {
  const url = new URL(source, new URL(sourceRoot === '' ? './' : `${sourceRoot.replace(/\/$/, '')}/`, pathToFileURL(script)));
  const path = await sourcePath(url.href, root, false);
  return path === undefined ? { path: `${root}/../unknown`, content: '' } : { path, content: await readFile(path, 'utf8') };
}
