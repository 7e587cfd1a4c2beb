import { expect, test } from '@jest/globals';
import { bucketWords, sizeBucket, sizeBuckets } from '../../../shared/estimate/size-bucket.ts';

test('a bucket ends where inputs are four times as large as at its beginning', () => {
  expect([0, 2, 1_023, 1_024, 4_095, 4_096, 1024 ** 2 - 1, 1024 ** 2, 256 * 1024 ** 2, Number.MAX_SAFE_INTEGER].map(sizeBucket)).toEqual([
    0, 0, 0, 1, 1, 2, 5, 6, 10, 10,
  ]);
});

test('the words of the buckets leave no size out', () => {
  expect(sizeBuckets.map(bucketWords)).toEqual([
    'less than 1 KiB',
    '1 to 4 KiB',
    '4 to 16 KiB',
    '16 to 64 KiB',
    '64 to 256 KiB',
    '256 to 1024 KiB',
    '1 to 4 MiB',
    '4 to 16 MiB',
    '16 to 64 MiB',
    '64 to 256 MiB',
    '256 MiB and more',
  ]);
});
