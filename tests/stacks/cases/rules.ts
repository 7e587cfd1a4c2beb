import { expect, test } from '@jest/globals';
import { homeTemplate, runnerImage } from '../home-template.ts';

export function describeRules(): void {
  test.each([
    ['in one region', {}],
    ['in two', { replicaRegion: 'eu-west-1' }],
    ['with a stack of runners', { runnerImage }],
  ])('cdk-nag has nothing to say about a home %s', (_, settings) => {
    expect(homeTemplate(settings).findings()).toEqual([]);
  });
}
