import type { z } from 'zod';
import { loadZod } from '@fw/agents-core/with-zod';

/** Text that the system takes as a path, a pattern or a command. */
export function plainText(maxCharacters: number): z.ZodString {
  return loadZod().string().min(1).max(maxCharacters).refine(isWhole, 'has a zero byte or half of a surrogate pair').refine((text) => text.trim() !== '', 'is blank');
}

/** A path relative to the workspace. */
export const pathText = (): z.ZodString => plainText(4_096);

/** Text of a file that can be read again as it was written. */
export function fileText(): z.ZodString {
  return loadZod().string().max(2_000_000).refine(isWhole, 'has a zero byte or half of a surrogate pair; make files that are not text with a command');
}

function isWhole(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
