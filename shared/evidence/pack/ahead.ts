/** Loads items beside each other and gives them out in their order, never more than `width` of them at once. */
export async function* ahead<T, R>(items: Iterable<T>, width: number, load: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for (const item of items) {
      running.push(load(item));
      const first = running.length === width ? running.shift() : undefined;
      if (first) yield await first;
    }
    for (let first = running.shift(); first; first = running.shift()) yield await first;
  } finally {
    // Whoever stops in between must not leave a rejection that nobody awaits.
    await Promise.allSettled(running);
  }
}
