import { z } from 'zod';

/** A request of CloudFormation to a custom resource. */
export const DeploymentEvent = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
});
export type DeploymentEvent = z.infer<typeof DeploymentEvent>;

/** Without an answer CloudFormation waits for an hour; with this it knows within a minute. */
const answerTimeoutMs = 30_000;

/** Tells CloudFormation how its request went; `reason` is why it failed. */
export async function answerDeployment(event: DeploymentEvent, reason?: string): Promise<void> {
  const { StackId, RequestId, LogicalResourceId } = event;
  const outcome = reason === undefined ? { Status: 'SUCCESS' } : { Status: 'FAILED', Reason: reason };
  const body = JSON.stringify({ ...outcome, StackId, RequestId, LogicalResourceId, PhysicalResourceId: LogicalResourceId });
  // The address is presigned for a request without a content type.
  const headers = { 'content-type': '' };
  const answer = await fetch(event.ResponseURL, { method: 'PUT', body, headers, signal: AbortSignal.timeout(answerTimeoutMs) });
  if (!answer.ok) throw new Error(`CloudFormation refused the answer with ${answer.status}`);
}
