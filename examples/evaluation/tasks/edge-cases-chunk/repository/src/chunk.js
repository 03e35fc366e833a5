/** Splits items into arrays of that size. */
export function chunk(items, size) {
  const chunks = [];
  for (let at = 0; at < items.length; at += size || items.length) chunks.push(items.slice(at, at + size));
  return chunks;
}
