import type { ToolOutput } from '@fw/agents-core';
import { caps } from './answer.ts';
import { fitLines } from './cut-text.ts';
import type { OutputStore } from './output-store.ts';

export interface LinesAnswer {
  readonly outputs: OutputStore;
  /** Stands above the lines, whole. */
  readonly head?: string;
  /** What is asked for; as many as fit are shown. */
  readonly lines: readonly string[];
  /** All there is, of which `lines` may be a part. */
  readonly total: number;
  readonly unit: 'lines' | 'entries' | 'matches';
  /** How many of the unit the first lines hold; default: each line is one. */
  readonly count?: (lines: number) => number;
  /** All of it as text, to be kept when not all is shown. */
  readonly full: () => string;
  /** The sentence that says what is shown, and by which call there is more. */
  readonly more: (shown: number) => string;
  /** False where the lines are those of a file, which can be read itself; default true. */
  readonly namesKept?: boolean;
  readonly cap?: number;
  readonly meta?: ToolOutput['meta'];
}

/** An answer of lines that says what it leaves out, and where all of it is. */
export async function answerLines(answer: LinesAnswer): Promise<ToolOutput> {
  const { outputs, head = '', lines, total, unit, count = (shown) => shown, full, more, namesKept = true, cap = caps.result, meta } = answer;
  const fit = fitLines(lines, cap - head.length - 600);
  const shown = count(fit.shown.length);
  const whole = fit.shown.length === lines.length;
  const body = `${head}${fit.shown.join('\n')}`;
  const rest = meta === undefined ? {} : { meta };
  if (whole && shown === total && fit.cut === 0) return { ok: true, text: body, ...rest };
  const text = full();
  const ref = await keep(outputs, text);
  const named = ref === undefined ? {} : { ref };
  const advice = ref === undefined || !namesKept ? '' : ` All of it: read_file or search with path ${ref}.`;
  const said = shown < total ? more(shown) : whole ? `Long lines are cut: ${fit.cut} characters are not shown.${namesKept ? '' : ' Call read_file with start and end on one line for that line.'}` : `${fit.shown.length} of ${lines.length} lines.`;
  const left = shown < total ? { shown, total, unit } : whole ? { shown: text.length - fit.cut, total: text.length, unit: 'characters' as const } : { shown: fit.shown.length, total: lines.length, unit: 'lines' as const };
  const truncated = { ...left, ...named };
  return { ok: true, text: `${body}\n[${said}${advice}]`, truncated, ...rest };
}

/** The reference of a kept text; undefined where it could not be kept, which is no reason to lose the answer. */
export async function keep(outputs: OutputStore, text: string): Promise<string | undefined> {
  try {
    return await outputs.keep(text.toWellFormed());
  } catch {
    return undefined;
  }
}
