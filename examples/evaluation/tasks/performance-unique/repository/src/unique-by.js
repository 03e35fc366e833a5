/** The first item of each key, in order. Keys are the same when a Map takes them for the same. */
export function uniqueBy(items, keyOf) {
  return items.filter((item, index) => !items.slice(0, index).some((before) => isSame(keyOf(before), keyOf(item))));
}

function isSame(left, right) {
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}
