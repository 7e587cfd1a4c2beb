import { Duration, durationMs } from '../../core/time/duration.ts';
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';

/** A timeout over its limit is a problem; anything that is no duration is the schema's to report. */
export function checkTimeout(value: unknown, path: readonly PropertyKey[], { limit, of }: { limit: Duration; of: string }): Issue[] {
  const duration = Duration.safeParse(value);
  if (!duration.success || durationMs(duration.data) <= durationMs(limit)) return [];
  const allowed = `at most ${limit}`;
  return [
    {
      code: 'timeout-limit',
      pointer: toPointer(path),
      message: `the timeout of ${of} is over the limit`,
      got: duration.data,
      allowed,
      fix: `Use ${limit} or less.`,
    },
  ];
}
