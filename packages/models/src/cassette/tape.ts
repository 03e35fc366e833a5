import { appendFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withZod } from '../with-zod.ts';
import type { ModelEvent } from '../model.ts';
import { ModelError } from '../model-error.ts';
import type { FailureKind, ModelErrorCode } from '../model-error.ts';

/** What was heard in one call. */
export interface Heard {
  readonly events: readonly ModelEvent[];
  readonly error?: { readonly code: ModelErrorCode; readonly failure: FailureKind; readonly message: string; readonly status?: number };
}

/** One line of the file. */
interface TapeEntry extends Heard {
  readonly key: string;
  readonly provider: string;
  readonly model: string;
  /** For a person. */
  readonly asked: string;
}

export interface Tape {
  /** The next answer to this request that was not taken yet. */
  take(key: string): Promise<Heard | undefined>;
  append(entry: TapeEntry): Promise<void>;
}

const header = `${JSON.stringify({ cassette: 1 })}\n`;
const line = withZod((z) => z.object({ key: z.string(), events: z.array(z.looseObject({ type: z.string() })), error: z.looseObject({ code: z.string(), failure: z.string(), message: z.string() }).optional() }));

/** The file is read, or begun, with the first call. */
export function openTape(file: string, mode: 'record' | 'replay' | 'auto'): Tape {
  let loaded: Promise<Map<string, Heard[]>> | undefined;
  const load = (): Promise<Map<string, Heard[]>> => (loaded ??= mode === 'record' ? begin(file) : readTape(file, mode));
  let writing: Promise<void> = Promise.resolve();
  return {
    async take(key) {
      return (await load()).get(key)?.shift();
    },
    async append(entry) {
      await load();
      // One whole line at a time: calls may end together, and a crash costs the last line at most.
      const next = writing.then(() => appendFile(file, `${JSON.stringify(entry)}\n`));
      writing = next.catch(() => undefined);
      await next.catch((error: unknown) => {
        throw failed(file, 'cannot be written', error);
      });
    },
  };
}

async function begin(file: string): Promise<Map<string, Heard[]>> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, header);
    return new Map();
  } catch (error) {
    throw failed(file, 'cannot be written', error);
  }
}

async function readTape(file: string, mode: 'replay' | 'auto'): Promise<Map<string, Heard[]>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (mode === 'auto' && (error as { code?: unknown }).code === 'ENOENT') return begin(file);
    throw failed(file, 'cannot be read', error);
  }
  const whole = text.lastIndexOf('\n') + 1;
  // What a crash left of the last line; more may be written behind it.
  if (mode === 'auto' && whole < text.length) await cutOff(file, Buffer.byteLength(text.slice(0, whole)));
  const [first, ...rest] = text.slice(0, whole).split('\n').slice(0, -1);
  if (`${first ?? ''}\n` !== header) throw failed(file, whole === 0 ? 'is empty' : 'is no cassette of version 1', undefined);
  const answers = new Map<string, Heard[]>();
  for (const [index, words] of rest.entries()) {
    const { key, ...heard } = parseLine(file, words, index + 2);
    answers.set(key, [...(answers.get(key) ?? []), heard]);
  }
  return answers;
}

async function cutOff(file: string, length: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.truncate(length);
  } finally {
    await handle.close();
  }
}

function parseLine(file: string, words: string, number: number): Heard & { readonly key: string } {
  let value: unknown;
  try {
    value = JSON.parse(words);
  } catch (error) {
    throw failed(file, `is damaged at line ${number}`, error);
  }
  const parsed = line.safeParse(value);
  if (!parsed.success) throw failed(file, `has something else than an answer at line ${number}`, parsed.error);
  return parsed.data as unknown as Heard & { readonly key: string };
}

function failed(file: string, what: string, cause: unknown): ModelError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new ModelError('FW_MODEL_CASSETTE', { message: `The cassette ${file} ${what}${why}. Record it again with mode "record".`, failure: 'invalid', cause });
}
