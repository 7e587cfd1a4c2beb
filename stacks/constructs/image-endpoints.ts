import { Aws } from 'aws-cdk-lib';
import {
  InterfaceVpcEndpointAwsService,
  VpcEndpointPrivateDnsOnlyForInboundResolverEndpoint as ResolvedBy,
  Port,
  SecurityGroup,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { RunnerImage } from '../runner-image.ts';

interface ImageEndpointsProps {
  vpc: IVpc;
  attempts: SecurityGroup;
  image: RunnerImage;
  log: LogGroup;
  pull: Role;
}

/**
 * What Fargate itself needs to start a task, through the network that the task has too. So each endpoint takes calls of the pulling role for our image and
 * our log only: credentials that task code brings along are good for nothing here.
 */
export class ImageEndpoints extends Construct {
  constructor(scope: Construct, id: string, { vpc, attempts, image, log, pull }: ImageEndpointsProps) {
    super(scope, id);
    const endpoints = new SecurityGroup(this, 'Group', { vpc, description: 'Endpoints that start attempts', allowAllOutbound: false });
    endpoints.addIngressRule(attempts, Port.tcp(443), 'Fargate pulls the image and writes the log as the attempt');
    attempts.addEgressRule(endpoints, Port.tcp(443), 'The image and the log');
    const byPullRole = { StringEquals: { 'aws:PrincipalArn': pull.roleArn } };
    const layers = `prod-${image.region}-starport-layer-bucket`;
    const pullStatements = [
      { actions: ['ecr:GetAuthorizationToken'], resources: ['*'], conditions: byPullRole },
      {
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resources: [image.repositoryArn],
        conditions: byPullRole,
      },
    ];
    const allowed = {
      EcrApi: { service: InterfaceVpcEndpointAwsService.ECR, statements: pullStatements },
      EcrImages: { service: InterfaceVpcEndpointAwsService.ECR_DOCKER, statements: pullStatements },
      // Layers are read by an address that ECR signed, so the caller is not our role; the bucket is AWS' own, and nothing can be put there.
      Layers: {
        service: InterfaceVpcEndpointAwsService.S3,
        statements: [{ actions: ['s3:GetObject'], resources: [`arn:${Aws.PARTITION}:s3:::${layers}/*`] }],
      },
      Logs: {
        service: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
        statements: [{ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [log.logGroupArn], conditions: byPullRole }],
      },
    };
    for (const [name, { service, statements }] of Object.entries(allowed)) {
      const endpoint = vpc.addInterfaceEndpoint(name, {
        service,
        securityGroups: [endpoints],
        open: false,
        // Without a gateway endpoint beside it, the names of S3 have to be resolved here for every caller.
        ...(name === 'Layers' && { privateDnsOnlyForInboundResolverEndpoint: ResolvedBy.ALL_RESOLVERS }),
      });
      for (const statement of statements) endpoint.addToPolicy(new PolicyStatement({ ...statement, principals: [new AnyPrincipal()] }));
    }
  }
}
