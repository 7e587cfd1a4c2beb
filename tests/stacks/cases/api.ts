import { describe, expect, test } from '@jest/globals';
import { operations } from '../../../functions/http/index.ts';
import { homeTemplate } from '../home-template.ts';
import { resourcesOf } from '../read-template.ts';

export function describeApi(): void {
  const home = homeTemplate();

  describe('the API', () => {
    test('every operation that is not public asks for a token, and every operation has a route', () => {
      const routes = resourcesOf(home, 'AWS::ApiGatewayV2::Route').map(({ resource }) => [
        resource.Properties['RouteKey'],
        resource.Properties['AuthorizationType'],
      ]);
      const expected = operations.map(({ method, path, roles }) => [`${method} ${path}`, roles === 'public' ? 'NONE' : 'JWT']);
      expect(routes.sort()).toEqual(expected.sort());
    });

    test('tokens must come from the configured issuer and name the audience', () => {
      expect(resourcesOf(home, 'AWS::ApiGatewayV2::Authorizer').map(({ resource }) => resource.Properties['JwtConfiguration'])).toEqual([
        { Audience: ['maestro-conductor'], Issuer: 'https://issuer.example.com' },
      ]);
    });

    test('requests are limited and logged', () => {
      const [stage] = resourcesOf(home, 'AWS::ApiGatewayV2::Stage');
      expect(stage?.resource.Properties).toMatchObject({
        DefaultRouteSettings: { ThrottlingRateLimit: 2_000 },
        AccessLogSettings: { Format: expect.any(String) },
      });
    });
  });
}
