/**
 * Lambda entry points of every kind. Nothing of AWS is imported before the first invocation: the embedded host imports the same files for
 * their operations, and a container that only starts up pays for nothing else.
 */
import type { Deps } from '../../shared/port/deps.ts';

/** What the Lambda runtime calls. */
export type LambdaHandler = (event: unknown, context: unknown) => Promise<unknown>;

/** A handler that is built once a container, with the Deps of AWS, logging and tracing around it. */
export function lazyLambda(handle: (deps: Deps, event: unknown) => Promise<unknown>): LambdaHandler {
  let started: Promise<LambdaHandler> | undefined;
  return async (event, context) => {
    started ??= start(handle);
    try {
      return await (
        await started
      )(event, context);
    } catch (error) {
      // What kept a container from starting may be over at the next invocation.
      if (await hasFailed(started)) started = undefined;
      throw error;
    }
  };
}

async function start(handle: (deps: Deps, event: unknown) => Promise<unknown>): Promise<LambdaHandler> {
  const [{ awsDeps }, { observed }] = await Promise.all([import('../wire/aws-deps.ts'), import('../wire/observed.ts')]);
  const deps = awsDeps();
  return observed((event) => handle(deps, event));
}

async function hasFailed(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}
