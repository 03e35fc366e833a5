/** The whole look of the report. Nothing in it names a place outside of the file. */
export const reportStyle = `
:root{color-scheme:light dark;--ground:#fff;--raised:#f6f7f8;--line:#dfe2e6;--text:#16191d;--quiet:#59616b;--accent:#2456c7;--good:#176639;--bad:#b3261e;--warn:#8a5300;--added:#e7f5ec;--removed:#fcebea}
@media (prefers-color-scheme:dark){:root{--ground:#101214;--raised:#191c20;--line:#2c3138;--text:#e8eaed;--quiet:#a0a8b2;--accent:#8fb0ff;--good:#6fce95;--bad:#ff9087;--warn:#f0b65a;--added:#12291c;--removed:#331a19}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2rem 1.5rem 4rem;background:var(--ground);color:var(--text);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .5rem;font-weight:600;white-space:pre-wrap;overflow-wrap:anywhere}
h2{font-size:1rem;margin:2.5rem 0 .75rem;font-weight:600;padding-top:1rem;border-top:1px solid var(--line)}
h3{font-size:.875rem;margin:1.25rem 0 .5rem;font-weight:600}
p{margin:.25rem 0}.quiet{color:var(--quiet)}
code,pre,.mono{font:12px/1.55 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{font-weight:500;color:var(--quiet);font-size:.8125rem}td.number,th.number{text-align:right;white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.status{display:inline-block;white-space:nowrap;border:1px solid currentColor;border-radius:3px;padding:0 .4rem;font-size:.8125rem;font-weight:500}
pre{margin:.25rem 0;padding:.5rem .75rem;background:var(--raised);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere}
details{margin:.25rem 0}summary{cursor:pointer}summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.diff{width:100%;table-layout:fixed;border:1px solid var(--line);margin:.25rem 0 .75rem}.diff td{border:0;padding:0 .5rem;white-space:pre-wrap;font:12px/1.55 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
.diff .line{width:3.5rem;text-align:right;color:var(--quiet)}.diff .mark{width:1.5rem}.diff .added{background:var(--added)}.diff .removed{background:var(--removed)}
svg{display:block;width:100%;height:auto}svg text{fill:var(--text);font:11px system-ui,sans-serif}svg .quiet{fill:var(--quiet)}svg .bar{fill:var(--quiet);opacity:.45}svg .critical{fill:var(--accent);opacity:1}svg .lane{fill:var(--raised)}svg .failed{fill:var(--bad);opacity:1}
svg .used{fill:var(--accent)}svg .over{fill:var(--bad)}
@media print{body{max-width:none;padding:0}details>*{display:block}}
`;
