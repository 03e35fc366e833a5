/** Small letters and digits with dashes between words, at most `maxLength` (default 80) characters. */
export function slugify(title, { maxLength = 80 } = {}) {
  const words = title.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, maxLength).replace(/-$/, '');
}
