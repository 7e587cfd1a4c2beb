/**
 * Ends the transparency log of a home whose table was restored; invoked by hand (docs/runbooks/restore-on-aws.md), never by a schedule. It wants to be told which log, so that
 * no stray invocation ends one.
 */
import { z } from 'zod';
import { McError } from '../../shared/core/errors.ts';
import { logIdentity } from '../../shared/log/log-identity.ts';
import { retireLog } from '../../shared/log/retired-logs.ts';
import { lazyLambda } from '../middleware/lazy-lambda.ts';

const Wanted = z.looseObject({ origin: z.string() });

export const handler = lazyLambda(async (deps, event) => {
  const { origin } = logIdentity(await deps.logKey.publicKey());
  const wanted = Wanted.safeParse(event);
  if (!wanted.success || wanted.data.origin !== origin)
    throw new McError('mc:request:invalid', `name the log that is to end, as {"origin": "${origin}"}`);
  const { size, note, retiredAt } = await retireLog(deps);
  return { origin, size, note, retiredAt };
});
