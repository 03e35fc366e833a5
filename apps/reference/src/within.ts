/** Waits for work, but no longer than that; undefined when it is late. */
export async function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => { timer = setTimeout(() => { resolve(undefined); }, milliseconds); });
  return Promise.race([work, late]).finally(() => { clearTimeout(timer); });
}
