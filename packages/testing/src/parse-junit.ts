import type { XMLParser } from 'fast-xml-parser';
import { caseId, relativeFile } from './case-id.ts';
import type { ParsedCase, ParsedResults } from './parsed-results.ts';
import { loadXmlParser } from './parser-modules.ts';

type XmlNode = { readonly [name: string]: unknown };

/** Reads a JUnit report, as pytest and many others write it. Documents with a DOCTYPE are refused. */
export function parseJunit(text: string, root: string): ParsedResults {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return { status: 'unusable', reason: 'its JUnit report declares a document type', cases: [] };
  let document: readonly XmlNode[];
  try {
    document = parser().parse(text, true) as readonly XmlNode[];
  } catch {
    return { status: 'unusable', reason: 'its JUnit report is damaged', cases: [] };
  }
  const top = document.find((node) => node['testsuites'] !== undefined || node['testsuite'] !== undefined);
  if (top === undefined) return { status: 'unusable', reason: 'its JUnit report has no test suites', cases: [] };
  const cases: ParsedCase[] = [];
  collect([top], [], '', root, cases, 0);
  return { status: 'read', cases };
}

function parser(): XMLParser {
  const { XMLParser } = loadXmlParser();
  return new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '', parseAttributeValue: false, parseTagValue: false, trimValues: false });
}

function collect(nodes: readonly XmlNode[], path: readonly string[], file: string, root: string, cases: ParsedCase[], depth: number): void {
  if (depth > 100) return;
  for (const node of nodes) {
    const attributes = attributesOf(node);
    const inFile = attributes['file'] === undefined ? file : relativeFile(root, attributes['file']);
    const suites = childrenOf(node, 'testsuites') ?? childrenOf(node, 'testsuite');
    if (suites !== undefined) {
      const name = node['testsuite'] === undefined ? undefined : attributes['name'];
      collect(suites, name === undefined || depth < 2 ? path : [...path, name], inFile, root, cases, depth + 1);
    }
    const test = childrenOf(node, 'testcase');
    if (test !== undefined) cases.push(toCase(test, attributes, path, inFile));
  }
}

function toCase(children: readonly XmlNode[], attributes: { readonly [name: string]: string }, path: readonly string[], file: string): ParsedCase {
  const at = file === '' ? (attributes['classname'] ?? '') : file;
  const name = attributes['name'] ?? '';
  const seconds = Number(attributes['time']);
  const base = { id: caseId(at, [...path, name]), file: at, name, durationMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0 };
  const error = children.find((child) => child['error'] !== undefined);
  if (error !== undefined) return { ...base, status: 'errored', message: textOf(error, 'error'), failure: 'error' };
  const failure = children.find((child) => child['failure'] !== undefined);
  if (failure !== undefined) {
    const message = textOf(failure, 'failure');
    return { ...base, status: 'failed', message, failure: /assert|ERR_ASSERTION/i.test(`${attributesOf(failure)['type'] ?? ''} ${message}`) ? 'assertion' : 'error' };
  }
  return { ...base, status: children.some((child) => child['skipped'] !== undefined) ? 'skipped' : 'passed' };
}

function attributesOf(node: XmlNode): { readonly [name: string]: string } {
  return (node[':@'] ?? {}) as { readonly [name: string]: string };
}

function childrenOf(node: XmlNode, name: string): readonly XmlNode[] | undefined {
  const children = node[name];
  return Array.isArray(children) ? (children as readonly XmlNode[]) : undefined;
}

function textOf(node: XmlNode, name: string): string {
  const text = (childrenOf(node, name) ?? []).map((child) => (typeof child['#text'] === 'string' ? child['#text'] : '')).join('');
  return [attributesOf(node)['message'] ?? '', text.trim()].filter((part) => part !== '').join('\n');
}
