/** Begins at 256 MiB; the files of a run have at most 400 MiB. */
const lastBucket = 10;

/** The bucket of inputs of this size: 0 for less than 1 KiB, where starting a sandbox takes far longer than reading them, and one more each time the size is four times as much. */
export function sizeBucket(bytes: number): number {
  let bucket = 0;
  for (let end = 1024; bytes >= end && bucket < lastBucket; end *= 4) bucket += 1;
  return bucket;
}

/** Every bucket there is. */
export const sizeBuckets: readonly number[] = Array.from({ length: lastBucket + 1 }, (_, bucket) => bucket);

/** The sizes of a bucket, for people: `1 to 4 KiB`. */
export function bucketWords(bucket: number): string {
  if (bucket === 0) return 'less than 1 KiB';
  const lowKib = 4 ** (bucket - 1);
  const [unit, low] = lowKib < 1024 ? ['KiB', lowKib] : ['MiB', lowKib / 1024];
  return bucket === lastBucket ? `${low} ${unit} and more` : `${low} to ${low * 4} ${unit}`;
}
