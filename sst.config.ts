/// <reference path="./.sst/platform/config.d.ts" />
/**
 * SST as the front of deployments (stages, the console) over the very same stacks: CDK synthesises them and publishes their assets, and SST
 * deploys the templates as they are. `npx cdk deploy --all` needs none of this; docs/guides/deploy-aws.md says which path is tested how.
 */
interface StackArtifact {
  type: string;
  dependencies?: string[];
  environment?: string;
  properties?: { stackTemplateAssetObjectUrl?: string; templateFile?: string };
}

/** The issuer is the one setting without a default. */
function issuer(): string {
  const url = process.env['MC_ISSUER'];
  if (url === undefined) throw new Error('Set MC_ISSUER to the URL of the OIDC issuer whose tokens the API shall accept.');
  return url;
}

/** Where the home is declared to stand; as `-c region=…` for CDK. */
const declaredRegion = process.env['MC_REGION'] === undefined ? [] : ['-c', `region=${process.env['MC_REGION']}`];

/** The tenant whose admins run the home; as `-c ownerTenant=…` for CDK. */
const ownerTenant = process.env['MC_OWNER_TENANT'] === undefined ? [] : ['-c', `ownerTenant=${process.env['MC_OWNER_TENANT']}`];

/** The region of a stack: the one that it names, as `aws://account/region`, or else that of the home. */
function regionOf({ environment }: StackArtifact, home: string): string {
  const named = environment?.split('/').at(-1) ?? 'unknown-region';
  return named === 'unknown-region' ? home : named;
}

/** The HTTPS address of a template that CDK published: the manifest has it as `s3://bucket/key` with placeholders. */
function templateUrl(location: string, account: string, region: string): string {
  const [, , bucket, ...key] = location.replaceAll('${AWS::AccountId}', account).replaceAll('${AWS::Region}', region).split('/');
  return `https://${bucket}.s3.${region}.amazonaws.com/${key.join('/')}`;
}

export default $config({
  app(input) {
    const isProduction = input.stage === 'production';
    return { name: 'maestro-conductor', home: 'aws', removal: isProduction ? 'retain' : 'remove', protect: isProduction };
  },
  async run() {
    const { execFileSync } = await import('node:child_process');
    const { readFileSync } = await import('node:fs');
    const assembly = '.sst/cdk.out';
    const context = ['-c', `stage=${$app.stage}`, '-c', `issuer=${issuer()}`, ...declaredRegion, ...ownerTenant, '--output', assembly];
    // Assets are named by their content: publishing what is there already, or what is never deployed, changes nothing.
    execFileSync('npx', ['cdk', 'publish-assets', '--all', '--unstable=publish-assets', ...context], { stdio: 'inherit' });

    const { artifacts } = JSON.parse(readFileSync(`${assembly}/manifest.json`, 'utf8')) as { artifacts: Record<string, StackArtifact> };
    const { accountId } = await aws.getCallerIdentity({});
    const { region: home } = await aws.getRegion({});
    const deployed = new Map<string, aws.cloudformation.Stack>();
    const deploy = (name: string): void => {
      const artifact = artifacts[name];
      const location = artifact?.properties?.stackTemplateAssetObjectUrl;
      if (deployed.has(name) || artifact?.type !== 'aws:cloudformation:stack' || location === undefined) return;
      const dependencies = artifact.dependencies ?? [];
      dependencies.forEach(deploy);
      const dependsOn = dependencies.flatMap((dependency) => deployed.get(dependency) ?? []);
      const region = regionOf(artifact, home);
      // The state machine has a name of its own, roles do not.
      const args = { name, region, templateUrl: templateUrl(location, accountId, region), capabilities: ['CAPABILITY_IAM'] };
      deployed.set(name, new aws.cloudformation.Stack(name, args, { dependsOn }));
    };
    Object.keys(artifacts).forEach(deploy);
    const api = deployed.get(`mc-${$app.stage}-api`);
    return { url: api?.outputs.apply((outputs) => outputs['Url']) };
  },
});
