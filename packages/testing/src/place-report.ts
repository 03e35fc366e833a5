import type { TestReport } from './test-report.ts';

/** A report of a run on a copy, which is gone when somebody reads it: its paths are given as the workspace's. */
export function placeReport(report: TestReport, from: string, to: string): TestReport {
  const place = (text: string): string => text.replaceAll(from, to);
  return {
    ...report,
    ...(report.reason === undefined ? {} : { reason: place(report.reason) }),
    cases: report.cases.map((test) => (test.message === undefined ? test : { ...test, message: place(test.message) })),
  };
}
