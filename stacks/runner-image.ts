import { z } from 'zod';
import { ImageRef } from '../shared/container/attempt-container.ts';

const inRegistry = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([a-z0-9][a-z0-9._/-]*)@/;

/** The image that attempts run in, by digest, and its repository. It is in ECR, because the network of attempts leads to no other registry. */
export const RunnerImage = z
  .string()
  .regex(inRegistry, 'an image of ECR with its digest: <account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>')
  .pipe(ImageRef)
  .transform((ref) => {
    const [, account = '', region = '', name = ''] = inRegistry.exec(ref) ?? [];
    return {
      ref,
      region,
      host: `${account}.dkr.ecr.${region}.amazonaws.com`,
      repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${name}`,
    };
  });
export type RunnerImage = z.infer<typeof RunnerImage>;
