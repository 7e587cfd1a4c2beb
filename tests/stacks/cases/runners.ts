import { describe, expect, test } from '@jest/globals';
import { RunnerImage } from '../../../stacks/runner-image.ts';
import { openFargateWalls } from '../../support/container/fargate-walls.ts';
import { homeTemplate, runnerImage } from '../home-template.ts';

/** What CloudFormation calls as the API calls it: names begin with a small letter, but those of free maps. */
function asRegistered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asRegistered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      key === 'Options' ? inner : asRegistered(inner),
    ]),
  );
}

interface EndpointPolicy {
  Statement: { Action: string | string[]; Resource: unknown; Condition?: unknown }[];
}

export function describeRunners(): void {
  const home = homeTemplate({ runnerImage });
  const ofRunners = (type: string): Record<string, unknown>[] =>
    home.resources
      .filter(({ stack, resource }) => stack === 'mc-dev-runners' && resource.Type === type)
      .map(({ resource }) => resource.Properties);

  describe('the stack of runners', () => {
    test('exists only in a home that names its image, and an image by tag or of another registry is refused', () => {
      expect(homeTemplate().resources.filter(({ stack }) => stack === 'mc-dev-runners')).toEqual([]);
      for (const other of ['111122223333.dkr.ecr.eu-central-1.amazonaws.com/runner:1', `docker.io/runner@sha256:${'ab'.repeat(32)}`]) {
        expect(RunnerImage.safeParse(other).success).toBe(false);
      }
    });

    test('has one task definition a class, each with every wall', () => {
      const definitions = ofRunners('AWS::ECS::TaskDefinition').map(asRegistered);
      expect(definitions.map((definition) => openFargateWalls(definition))).toEqual([[], [], []]);
      expect(definitions).toEqual(['small', 'medium', 'large'].map((name) => expect.objectContaining({ family: `mc-dev-${name}` })));
    });

    test('its network has no way out: no gateway, no address translation, no route, no public subnet', () => {
      for (const type of ['InternetGateway', 'NatGateway', 'EgressOnlyInternetGateway', 'Route', 'VPCPeeringConnection']) {
        expect(ofRunners(`AWS::EC2::${type}`)).toEqual([]);
      }
      const subnets = ofRunners('AWS::EC2::Subnet');
      expect(subnets).toHaveLength(2);
      for (const subnet of subnets) expect(subnet['MapPublicIpOnLaunch']).not.toBe(true);
    });

    test('attempts are called by nobody and call only the endpoints, by HTTPS', () => {
      const groups = ofRunners('AWS::EC2::SecurityGroup');
      for (const group of groups) {
        expect(group['SecurityGroupIngress']).toBeUndefined();
        // The CDK's way to write that nothing may leave: a rule for an address that does not exist.
        expect(group['SecurityGroupEgress'] ?? [{ CidrIp: '255.255.255.255/32' }]).toEqual([
          expect.objectContaining({ CidrIp: '255.255.255.255/32' }),
        ]);
      }
      const [egress, ...more] = ofRunners('AWS::EC2::SecurityGroupEgress');
      expect(more).toEqual([]);
      expect(egress).toMatchObject({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, DestinationSecurityGroupId: expect.anything() });
      expect(ofRunners('AWS::EC2::SecurityGroupIngress')).toHaveLength(1);
    });

    test('every endpoint says who may call it for what: credentials that a task brings along are good for nothing', () => {
      const endpoints = ofRunners('AWS::EC2::VPCEndpoint');
      expect(endpoints).toHaveLength(4);
      const statements = endpoints.flatMap((endpoint) => (endpoint['PolicyDocument'] as EndpointPolicy).Statement);
      for (const { Action, Condition, Resource } of statements) {
        const isLayerRead = Action === 's3:GetObject' && JSON.stringify(Resource).includes('starport-layer-bucket');
        if (!isLayerRead) expect(Condition).toEqual({ StringEquals: { 'aws:PrincipalArn': expect.anything() } });
      }
      expect(
        statements
          .flatMap(({ Action }) => Action)
          .filter((action) => action.includes('*') || /Put(?!LogEvents)|Delete|Create(?!LogStream)/.test(action)),
      ).toEqual([]);
    });

    test('names that are not those of the endpoints are not resolved', () => {
      const [rules] = ofRunners('AWS::Route53Resolver::FirewallRuleGroup');
      expect(rules?.['FirewallRules']).toEqual([
        expect.objectContaining({ Action: 'ALLOW', Priority: 100 }),
        expect.objectContaining({ Action: 'BLOCK', BlockResponse: 'NXDOMAIN', Priority: 200 }),
      ]);
      const lists = ofRunners('AWS::Route53Resolver::FirewallDomainList').map(({ Domains }) => Domains as unknown[]);
      expect(lists.at(1)).toEqual(['*']);
      expect(lists.at(0)).toHaveLength(4);
      expect(ofRunners('AWS::Route53Resolver::FirewallRuleGroupAssociation')).toHaveLength(1);
    });

    test('the role that pulls reads one repository and writes one log, and no other role is there for tasks', () => {
      const roles = home.resources.filter(({ stack, resource }) => stack === 'mc-dev-runners' && resource.Type === 'AWS::IAM::Role');
      expect(roles.map(({ id }) => id)).toEqual([expect.stringMatching(/^PullRole/), expect.stringMatching(/^NetworkFlows/)]);
      const [policy] = ofRunners('AWS::IAM::Policy').filter(({ PolicyName }) => String(PolicyName).startsWith('PullRole'));
      const { Statement } = policy?.['PolicyDocument'] as EndpointPolicy;
      const onEverything = Statement.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => Action);
      expect(onEverything).toEqual(['ecr:GetAuthorizationToken']);
      expect(JSON.stringify(Statement)).toContain('arn:aws:ecr:eu-central-1:111122223333:repository/maestro/runner');
    });
  });
}
