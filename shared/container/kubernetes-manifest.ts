/** The part of Kubernetes' API (batch/v1, core/v1, networking.k8s.io/v1) that attempts use, spelt as its OpenAPI spells it. */

interface Metadata {
  name: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
}

interface Quantities {
  cpu: string;
  memory: string;
  'ephemeral-storage': string;
}

interface Container {
  name: string;
  image: string;
  command: readonly string[];
  args: readonly string[];
  resources: { limits: Quantities; requests: Quantities };
  securityContext: {
    allowPrivilegeEscalation: boolean;
    privileged: boolean;
    readOnlyRootFilesystem: boolean;
    capabilities: { drop: readonly string[] };
  };
  volumeMounts: readonly { name: string; mountPath: string }[];
}

export interface PodSpec {
  restartPolicy: 'Never';
  terminationGracePeriodSeconds: number;
  automountServiceAccountToken: boolean;
  enableServiceLinks: boolean;
  hostUsers: boolean;
  dnsPolicy: 'None';
  dnsConfig: { nameservers: readonly string[] };
  securityContext: {
    runAsNonRoot: boolean;
    runAsUser: number;
    runAsGroup: number;
    fsGroup: number;
    seccompProfile: { type: 'RuntimeDefault' };
  };
  containers: readonly Container[];
  volumes: readonly { name: string; emptyDir: { sizeLimit: string } }[];
}

/** A Job that runs one pod once. */
export interface AttemptManifest {
  apiVersion: 'batch/v1';
  kind: 'Job';
  metadata: Metadata;
  spec: {
    backoffLimit: number;
    completions: number;
    parallelism: number;
    podReplacementPolicy: 'Failed';
    activeDeadlineSeconds: number;
    ttlSecondsAfterFinished: number;
    template: { metadata: Pick<Metadata, 'labels'>; spec: PodSpec };
  };
}

/** What a pod may call, and who may call it. */
export interface NetworkPolicy {
  apiVersion: 'networking.k8s.io/v1';
  kind: 'NetworkPolicy';
  metadata: Metadata;
  spec: {
    podSelector: { matchLabels: Readonly<Record<string, string>> };
    policyTypes: readonly ['Ingress', 'Egress'];
    ingress: readonly [];
    egress: readonly { to: readonly { ipBlock: { cidr: string } }[]; ports: readonly { protocol: 'TCP'; port: number }[] }[];
  };
}
