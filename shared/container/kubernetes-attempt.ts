/**
 * One attempt as a Job of Kubernetes and the NetworkPolicy that goes before it. The pod meets the Pod Security Standard `restricted`, and what that standard leaves
 * open is closed too: the root is read-only, limits equal requests, there is no service account, no DNS, and no network but the proxy.
 */
import { digestBytes, hexOf } from '../core/digest.ts';
import type { AttemptContainer } from './attempt-container.ts';
import { containerDeadlineSeconds, containerSize, containerUser, limitedRunner, scratchPath, stopSeconds } from './container-walls.ts';
import type { AttemptManifest, NetworkPolicy, PodSpec } from './kubernetes-manifest.ts';

/** The logs were collected long before; the name of an attempt is free again after this. */
const keptSeconds = 300;

const mebibyte = 1024 * 1024;
const mebibytes = (bytes: number): string => `${bytes / mebibyte}Mi`;

/** Equal for equal attempts, so that creating one twice is refused by the API server. At most 63 characters of a DNS label. */
function nameOf({ executionId, taskId, attempt }: AttemptContainer): string {
  const unique = hexOf(digestBytes(`${executionId}/${taskId}/${attempt}`)).slice(0, 16);
  return `mc-${executionId.slice('exec_'.length).toLowerCase()}-${unique}`;
}

function podSpec(container: AttemptContainer): PodSpec {
  const { processors, memoryBytes, scratchBytes, storageBytes } = containerSize(container.resourceClass);
  const size = { cpu: String(processors), memory: mebibytes(memoryBytes), 'ephemeral-storage': mebibytes(storageBytes) };
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: stopSeconds,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostUsers: false,
    // The cluster's DNS is a way out by itself: a name is a message to whoever answers for its zone.
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['127.0.0.1'] },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: containerUser,
      runAsGroup: containerUser,
      fsGroup: containerUser,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'attempt',
        image: container.image,
        command: limitedRunner(container.resourceClass),
        args: [container.executionId, container.taskId, String(container.attempt)],
        resources: { limits: size, requests: { ...size } },
        securityContext: {
          allowPrivilegeEscalation: false,
          privileged: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'scratch', mountPath: scratchPath }],
      },
    ],
    volumes: [{ name: 'scratch', emptyDir: { sizeLimit: mebibytes(scratchBytes) } }],
  };
}

/** The policy is to be created first: a pod that starts before its policy has the network of its namespace. */
export function kubernetesAttempt(container: AttemptContainer, namespace: string): { networkPolicy: NetworkPolicy; job: AttemptManifest } {
  const name = nameOf(container);
  const labels = { 'app.kubernetes.io/name': 'maestro-attempt', 'maestro-conductor.dev/attempt': name };
  const metadata = { name, namespace, labels };
  const proxy = container.egressProxy;
  return {
    networkPolicy: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: {
        podSelector: { matchLabels: { 'maestro-conductor.dev/attempt': name } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [],
        egress: proxy ? [{ to: [{ ipBlock: { cidr: `${proxy.address}/32` } }], ports: [{ protocol: 'TCP', port: proxy.port }] }] : [],
      },
    },
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata,
      spec: {
        // Attempts are counted and repeated by the engine; a second pod for one attempt would run its effects twice.
        backoffLimit: 0,
        completions: 1,
        parallelism: 1,
        podReplacementPolicy: 'Failed',
        activeDeadlineSeconds: containerDeadlineSeconds(container.timeoutMs),
        ttlSecondsAfterFinished: keptSeconds,
        template: { metadata: { labels }, spec: podSpec(container) },
      },
    },
  };
}
