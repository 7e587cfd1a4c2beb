import { z } from 'zod';
import { usualKeyDays, watchRotations } from '../../shared/rotation/watch-rotations.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

/** What the schedule says (stacks/constructs/key-rotation.ts); a call by hand may leave it out. */
const WatchEvent = z.object({ maxKeyDays: z.int().min(0).default(usualKeyDays) });

export const handler = lazyLambda(async (deps, event) => watchRotations(deps, WatchEvent.parse(event ?? {})));
