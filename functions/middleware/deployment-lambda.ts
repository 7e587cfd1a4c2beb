import type { Deps } from '../../shared/port/deps.ts';
import { lazyLambda, type LambdaHandler } from './lazy-lambda.ts';

/** A step of a deployment as a custom resource of CloudFormation: done at create and update, nothing to undo; a failure fails the deployment. */
export function deploymentLambda(step: (deps: Deps) => Promise<unknown>): LambdaHandler {
  const run = lazyLambda(step);
  return async (event, context) => {
    const { answerDeployment, DeploymentEvent } = await import('../wire/answer-deployment.ts');
    const request = DeploymentEvent.parse(event);
    try {
      if (request.RequestType !== 'Delete') await run(event, context);
    } catch (error) {
      await answerDeployment(request, error instanceof Error ? error.message : String(error));
      throw error;
    }
    await answerDeployment(request);
  };
}
