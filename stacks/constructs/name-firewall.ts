import { Aws } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnFirewallDomainList, CfnFirewallRuleGroup, CfnFirewallRuleGroupAssociation } from 'aws-cdk-lib/aws-route53resolver';
import { Construct } from 'constructs';
import type { RunnerImage } from '../runner-image.ts';

/**
 * The network's name server answers for the endpoints and for nothing else. No security group stands before that server, and a question for a name carries data to
 * whoever answers for its zone.
 */
export class NameFirewall extends Construct {
  constructor(scope: Construct, id: string, { vpc, image }: { vpc: IVpc; image: RunnerImage }) {
    super(scope, id);
    const names = [
      `api.ecr.${image.region}.amazonaws.com`,
      image.host,
      `prod-${image.region}-starport-layer-bucket.s3.${image.region}.amazonaws.com`,
      `logs.${Aws.REGION}.amazonaws.com`,
    ];
    const endpoints = new CfnFirewallDomainList(this, 'Endpoints', { domains: names });
    const others = new CfnFirewallDomainList(this, 'Others', { domains: ['*'] });
    const rules = new CfnFirewallRuleGroup(this, 'Rules', {
      firewallRules: [
        // An endpoint's name may lead to another one of AWS; that one is not on the list and need not be.
        {
          action: 'ALLOW',
          firewallDomainListId: endpoints.attrId,
          firewallDomainRedirectionAction: 'TRUST_REDIRECTION_DOMAIN',
          priority: 100,
        },
        { action: 'BLOCK', blockResponse: 'NXDOMAIN', firewallDomainListId: others.attrId, priority: 200 },
      ],
    });
    new CfnFirewallRuleGroupAssociation(this, 'Network', {
      firewallRuleGroupId: rules.attrId,
      vpcId: vpc.vpcId,
      // Below this, AWS keeps numbers for groups of its own.
      priority: 101,
    });
  }
}
