import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { useQuery } from '@tanstack/react-query';
import { diffWordsWithSpace } from 'diff';
import type { DiffLine, FileDiff } from '@fw/framework';
import { Plain } from './plain.tsx';

const mostShown = 600;
const longestCompared = 500;

/** What is different, file by file. */
export function DiffFiles({ files }: { readonly files: readonly FileDiff[] }): ReactNode {
  return files.map((file, index) => (
    <details key={file.file} className="file" open={index < 20}>
      <summary>{file.from === undefined ? null : <><Plain length={300}>{file.from}</Plain> → </>}<Plain length={300}>{file.file}</Plain>{file.status === 'modified' ? null : <span className="tag">{file.status}</span>}<span className="plus">+{file.added}</span><span className="minus">−{file.removed}</span></summary>
      <DiffOfFile file={file} />
    </details>
  ));
}

function DiffOfFile({ file }: { readonly file: FileDiff }): ReactNode {
  const [shown, setShown] = useState(mostShown);
  const colors = useQuery({ queryKey: ['colors', file.file, file.lines], queryFn: async () => (await import('../highlight.ts')).highlightDiff(file.file, file.lines), staleTime: Infinity, retry: false });
  const words = useMemo(() => changedWords(file.lines), [file.lines]);
  const lines = file.lines.slice(0, shown);
  if (file.lines.length === 0) return <p className="quiet small" style={{ padding: '8px 14px' }}>There is no text to show.</p>;
  return (
    <div className="diff" tabIndex={0} role="group" aria-label={`Changes of ${file.file}`}>
      {lines.map((line, index) => (line.type === 'gap' ? <div key={index} className="line gap"><span /><span /><span /><span>⋯</span></div> : (
        <div key={index} className={`line ${line.type}`}>
          <span className="no">{line.old}</span><span className="no">{line.new}</span>
          <span className="mark-sign">{line.type === 'added' ? '+' : line.type === 'removed' ? '−' : ''}</span>
          <span>{words.get(index)?.map((part, at) => (part.isChanged ? <mark key={at}><Plain>{part.text}</Plain></mark> : <Plain key={at}>{part.text}</Plain>))
            ?? colors.data?.[index]?.map(({ text, colors: style }, at) => <span key={at} className="code" style={style}><Plain>{text}</Plain></span>) ?? <Plain>{line.text}</Plain>}</span>
        </div>
      )))}
      {shown < file.lines.length ? <button type="button" className="button" style={{ margin: 10 }} onClick={() => { setShown(shown + 2_000); }}>Show {Math.min(2_000, file.lines.length - shown)} more lines</button> : null}
      {file.omitted > 0 && shown >= file.lines.length ? <p className="quiet" style={{ padding: '8px 14px' }}>{file.omitted} more lines are left out.</p> : null}
    </div>
  );
}

interface Part { readonly text: string; readonly isChanged: boolean }

/** Of as many lines taken away as put there, one after the other, the words that are different. */
function changedWords(lines: readonly DiffLine[]): ReadonlyMap<number, readonly Part[]> {
  const words = new Map<number, readonly Part[]>();
  for (let index = 0; index < lines.length;) {
    const start = index;
    while (lines[index]?.type === 'removed') index += 1;
    const removed = index - start;
    const middle = index;
    while (lines[index]?.type === 'added') index += 1;
    if (removed > 0 && index - middle === removed) {
      for (let at = 0; at < removed; at += 1) {
        const [old, now] = [lines[start + at]!.text, lines[middle + at]!.text];
        if (old.length > longestCompared || now.length > longestCompared) continue;
        const parts = diffWordsWithSpace(old, now);
        // Two lines with nothing in common are no change of one another.
        if (parts.filter((part) => !part.added && !part.removed).reduce((sum, { value }) => sum + value.trim().length, 0) < 4) continue;
        words.set(start + at, parts.filter((part) => !part.added).map((part) => ({ text: part.value, isChanged: part.removed })));
        words.set(middle + at, parts.filter((part) => !part.removed).map((part) => ({ text: part.value, isChanged: part.added })));
      }
    }
    if (index === start) index += 1;
  }
  return words;
}
