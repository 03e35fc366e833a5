import { lstat, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import istanbul from 'istanbul-lib-coverage';
import v8ToIstanbul from 'v8-to-istanbul';
import { z } from 'zod';
import { relativeFile } from './case-id.ts';
import { summarizeCoverage } from './coverage.ts';
import { toFiles } from './istanbul-coverage.ts';
import { isSourceFile } from './test-kind.ts';
import type { CoverageOutcome } from './test-report.ts';

const rangeSchema = z.object({ startOffset: z.number().int().min(0), endOffset: z.number().int().min(0), count: z.number().int().min(0) });
const functionSchema = z.object({ functionName: z.string(), ranges: z.array(rangeSchema).min(1), isBlockCoverage: z.boolean() });
const scriptSchema = z.object({ url: z.string(), functions: z.array(functionSchema) });
const sourceMapSchema = z.object({ lineLengths: z.array(z.number().int().min(0).max(1_000_000)), data: z.unknown() });
const fileSchema = z.object({ result: z.array(scriptSchema), 'source-map-cache': z.record(z.string(), sourceMapSchema).optional() });

const maxSourceBytes = 5 * 1024 * 1024;

/** Joins what Node wrote to `NODE_V8_COVERAGE`, one text a process, into the coverage of the workspace's files. */
export async function readV8Coverage(texts: readonly string[], root: string): Promise<CoverageOutcome> {
  const map = istanbul.createCoverageMap({});
  let damaged = 0;
  for (const text of texts) {
    const parsed = parse(text);
    if (parsed === undefined) {
      damaged++;
      continue;
    }
    for (const script of parsed.result) {
      const path = await sourcePath(script.url, root);
      if (path === undefined) continue;
      try {
        const converter = v8ToIstanbul(path, 0, sourcesOf(parsed['source-map-cache']?.[script.url]));
        await converter.load();
        converter.applyCoverage(script.functions);
        map.merge(converter.toIstanbul());
      } catch {
        damaged++;
      }
    }
  }
  if (texts.length === 0) return { status: 'unavailable', reason: 'no process of the run wrote coverage' };
  if (damaged > 0 && map.files().length === 0) return { status: 'unavailable', reason: 'the coverage files are damaged' };
  return { status: 'measured', coverage: summarizeCoverage(toFiles(map, root)) };
}

function parse(text: string): z.infer<typeof fileSchema> | undefined {
  try {
    return fileSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Only regular source files of ordinary size that really lie in the workspace. */
async function sourcePath(url: string, root: string): Promise<string | undefined> {
  if (!url.startsWith('file://')) return undefined;
  try {
    const path = fileURLToPath(url);
    if (!isSourceFile(relativeFile(root, path)) || !path.startsWith(root + sep)) return undefined;
    const stat = await lstat(path);
    if (!stat.isFile() || stat.size > maxSourceBytes) return undefined;
    return (await realpath(path)).startsWith((await realpath(root)) + sep) ? path : undefined;
  } catch {
    return undefined;
  }
}

type Sources = NonNullable<Parameters<typeof v8ToIstanbul>[2]>;

/** A loader that compiled the file left its map, but not its output: lines of the same lengths stand in for that. */
function sourcesOf(cached: z.infer<typeof sourceMapSchema> | undefined): Sources | undefined {
  if (cached === undefined || cached.data === null || cached.data === undefined) return undefined;
  const source = cached.lineLengths.map((length) => '.'.repeat(length)).join('\n');
  const sourcemap = cached.data as string;
  return { source, originalSource: '', sourceMap: { sourcemap } };
}
