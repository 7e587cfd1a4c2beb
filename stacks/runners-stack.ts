/**
 * Where attempts run as containers: one task definition a resource class, in a network that leads nowhere. Made only for a home that names a runner image; nothing
 * dispatches to it yet (ADR-0006, ADR-0024), so a task that declares egress has no proxy here and reaches nothing.
 */
import { CfnOutput, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { FlowLogDestination, SecurityGroup, SubnetType, Vpc, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnTaskDefinition, Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ecsTaskDefinition } from '../shared/container/ecs-attempt.ts';
import { ResourceClass } from '../shared/core/resource-class.ts';
import { grant } from './constructs/grant.ts';
import { ImageEndpoints } from './constructs/image-endpoints.ts';
import { NameFirewall } from './constructs/name-firewall.ts';
import type { RunnerImage } from './runner-image.ts';

interface RunnersStackProps extends StackProps {
  stage: string;
  image: RunnerImage;
}

export class RunnersStack extends Stack {
  constructor(scope: Construct, id: string, { stage, image, ...props }: RunnersStackProps) {
    super(scope, id, props);
    const log = new LogGroup(this, 'AttemptLog', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    const pull = new Role(this, 'PullRole', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    this.#allowPull(pull, image, log);
    const { vpc, attempts } = this.#network();
    new ImageEndpoints(this, 'Endpoints', { vpc, attempts, image, log, pull });
    new NameFirewall(this, 'Names', { vpc, image });
    const cluster = new Cluster(this, 'Attempts', { vpc, containerInsightsV2: ContainerInsights.ENABLED });
    for (const resourceClass of ResourceClass.options) {
      const family = `mc-${stage}-${resourceClass}`;
      const place = { family, executionRoleArn: pull.roleArn, logGroup: log.logGroupName, region: this.region };
      // The lowest level of the CDK says exactly what the builder said; the higher ones add a role for the task.
      new CfnTaskDefinition(this, `Attempt-${resourceClass}`, ecsTaskDefinition(resourceClass, image.ref, place));
    }
    new CfnOutput(this, 'ClusterArn', { value: cluster.clusterArn });
    new CfnOutput(this, 'AttemptSecurityGroupId', { value: attempts.securityGroupId });
    new CfnOutput(this, 'AttemptSubnetIds', { value: vpc.isolatedSubnets.map(({ subnetId }) => subnetId).join(',') });
  }

  #allowPull(pull: Role, image: RunnerImage, log: LogGroup): void {
    grant(pull, ['ecr:GetAuthorizationToken'], ['*']);
    grant(pull, ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [image.repositoryArn]);
    grant(pull, ['logs:CreateLogStream', 'logs:PutLogEvents'], [log.logGroupArn]);
    Validations.of(pull).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'A token for the registry is of the account and has no resource: it can only be asked for on *.',
    });
  }

  /** Subnets without a route out of the network, and a group that may call nothing until a rule says so. */
  #network(): { vpc: IVpc; attempts: SecurityGroup } {
    const network = new Vpc(this, 'Network', {
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      subnetConfiguration: [{ name: 'attempts', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 }],
    });
    // The CDK is compiled without exact optional properties, and its own class does not fit its interface with them.
    const vpc = network as IVpc;
    const flows = new LogGroup(this, 'FlowLog', { retention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.DESTROY });
    vpc.addFlowLog('Flows', { destination: FlowLogDestination.toCloudWatchLogs(flows) });
    const attempts = new SecurityGroup(this, 'AttemptGroup', {
      vpc,
      description: 'Attempts: nobody calls them, and they call the endpoints that start a task',
      allowAllOutbound: false,
      allowAllIpv6Outbound: false,
    });
    return { vpc, attempts };
  }
}
