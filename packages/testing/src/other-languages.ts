const languages: { readonly [extension: string]: string } = {
  py: 'Python', go: 'Go', rs: 'Rust', java: 'Java', kt: 'Kotlin', rb: 'Ruby', php: 'PHP', c: 'C', h: 'C', cc: 'C++', cpp: 'C++', cxx: 'C++', hpp: 'C++', cs: 'C#', swift: 'Swift', scala: 'Scala', ex: 'Elixir', exs: 'Elixir',
  erl: 'Erlang', clj: 'Clojure', hs: 'Haskell', lua: 'Lua', pl: 'Perl', pm: 'Perl', dart: 'Dart', zig: 'Zig', nim: 'Nim', r: 'R', jl: 'Julia', m: 'Objective-C', sh: 'shell', bash: 'shell', zsh: 'shell', ps1: 'PowerShell', sql: 'SQL',
  vue: 'Vue', svelte: 'Svelte', astro: 'Astro', html: 'HTML', htm: 'HTML', ejs: 'EJS', hbs: 'Handlebars', pug: 'Pug', tf: 'Terraform',
};

/** The languages of these files other than JavaScript and TypeScript, each once, in alphabetical order. */
export function otherLanguages(files: readonly string[]): readonly string[] {
  const found = files.flatMap((file) => {
    const extension = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? '';
    return Object.hasOwn(languages, extension) ? [languages[extension] ?? ''] : /(^|\/)Dockerfile[^/]*$/.test(file) ? ['Dockerfile'] : [];
  });
  return [...new Set(found)].sort();
}
