/** What container platforms are told about one attempt, as examples that an operator can read and a real cluster can judge. */
import { stringify } from 'yaml';
import { AttemptContainer } from '../../shared/container/attempt-container.ts';
import { ecsRunTask, ecsTaskDefinition } from '../../shared/container/ecs-attempt.ts';
import { kubernetesAttempt } from '../../shared/container/kubernetes-attempt.ts';
import type { GeneratedFile } from './generated-file.ts';

const namespaceName = 'maestro-attempts';

/** It refuses every pod that is weaker than ours. */
const namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: namespaceName,
    labels: { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/enforce-version': 'latest' },
  },
};

const example = AttemptContainer.parse({
  executionId: 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  taskId: 'example',
  attempt: 1,
  resourceClass: 'small',
  timeoutMs: 600_000,
  image: `111122223333.dkr.ecr.eu-central-1.amazonaws.com/maestro/runner@sha256:${'0'.repeat(64)}`,
  egressProxy: { address: '10.0.1.7', port: 3_128 },
});

function kubernetesFile(): GeneratedFile {
  const { networkPolicy, job } = kubernetesAttempt(example, namespaceName);
  const documents = [namespace, networkPolicy, job].map((document) => stringify(document, { aliasDuplicateObjects: false }));
  const head = `# One attempt of class small on Kubernetes. Generated from shared/container by npm run gen.
# What your cluster says to it: kubectl apply --dry-run=server -f FILE (the namespace has to be there for that).
`;
  return { path: 'docs/reference/attempt.kubernetes.yaml', text: head + documents.join('---\n') };
}

function ecsFile(): GeneratedFile {
  const family = 'mc-prod-small';
  const taskDefinition = ecsTaskDefinition(example.resourceClass, example.image, {
    family,
    executionRoleArn: 'arn:aws:iam::111122223333:role/mc-prod-pull',
    logGroup: '/maestro/attempts',
    region: 'eu-central-1',
  });
  const cluster = { cluster: 'mc-prod', taskDefinition: `${family}:1`, subnets: ['subnet-example'], securityGroup: 'sg-example' };
  const document = { registerTaskDefinition: taskDefinition, runTask: ecsRunTask(example, cluster) };
  return { path: 'docs/reference/attempt.ecs.json', text: JSON.stringify(document, null, 2) };
}

/** The examples of both platforms. */
export function containerSpecs(): GeneratedFile[] {
  return [kubernetesFile(), ecsFile()];
}
