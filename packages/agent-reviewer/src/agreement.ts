import type { Finding } from '@fw/agents-core';
import type { Place } from './place-finding.ts';

/** What a statement about a change is about. */
export interface Statement extends Pick<Finding, 'file' | 'category' | 'message'> {
  readonly place: Place;
}

/** How far apart two places may be that are still one: of one statement one quotes the first line, another the second. */
const near = 1;
/** Share of words that two messages have in common when they say the same. */
const alike = 0.5;

/** Two statements, made apart from each other, that are about the same thing: the same file, overlapping places, and the same topic or much the same words. */
export function agree(left: Statement, right: Statement): boolean {
  if (left.file !== right.file) return false;
  if (left.place.line > right.place.end + near || right.place.line > left.place.end + near) return false;
  return topicOf(left.category) === topicOf(right.category) || likeness(left.message, right.message) >= alike;
}

/** Categories of validators and models that stand for one another; any other stands for itself. */
const topics: readonly (readonly [topic: string, words: RegExp])[] = [
  ['security', /security|injection|traversal|pollution|redos|secret|xss|ssrf|vulnerab/],
  ['performance', /performance|complexity|resource|memory|speed/],
  ['correctness', /correct|bug|logic|type|error/],
  ['tests', /test/],
  ['documentation', /doc/],
  ['contract', /contract|api|compat|criteri/],
];

function topicOf(category: string): string {
  const word = category.toLowerCase().trim();
  return topics.find(([, words]) => words.test(word))?.[0] ?? word;
}

function likeness(left: string, right: string): number {
  const [one, other] = [wordsOf(left), wordsOf(right)];
  const both = [...one].filter((word) => other.has(word)).length;
  return both === 0 ? 0 : both / Math.min(one.size, other.size);
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]{4,}/gu) ?? []);
}
