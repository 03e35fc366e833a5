// Loaded by --import: writes the names of the spans of a process to a file when it ends.
import { writeFileSync } from 'node:fs';
import './register-sdk.ts';

process.on('exit', () => {
  const spans = (globalThis as unknown as { readonly exportedSpans: () => readonly string[] }).exportedSpans();
  if (spans.length > 0) writeFileSync(process.env['SPANS_FILE'] ?? '', JSON.stringify(spans));
});
